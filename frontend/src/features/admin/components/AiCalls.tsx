import { Anchor, Text, Title } from "@mantine/core";
import { Mark } from "./Mark";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconListDetails } from "@tabler/icons-react";
import { Link } from "react-router";
import type { AiCall } from "~/client";
import { EmptyState } from "~/components/EmptyState";
import { ago, count, time } from "~/lib/format";
import * as lists from "../api/lists";
import { type Filters, idOf, oneOf } from "../filters";
import { dollars, outcomeName } from "../ledger";
import { Choice, FilterBar } from "./FilterBar";
import { Listing } from "./Listing";
import { type Column, Records } from "./Records";
import { UserPicker } from "./UserPicker";

const SERVICES = { description: "Descriptions", generation: "Generated pictures" } as const;
/** Every failure has a code of its own; these are met most. */
const OUTCOMES: Readonly<Record<string, string>> = {
  done: "Done",
  unfinished: "Unfinished",
  provider_unavailable: "Provider unavailable",
  provider_timeout: "Provider timeout",
  malformed_answer: "Malformed answer",
  rate_limited: "Rate limited",
  blocked: "Blocked",
};

/** Each call, the newest first, whatever its month. */
export function AiCalls({ filters }: { filters: Filters }) {
  const owner = idOf(filters.get("owner"));
  const service = oneOf(filters.get("service"), ["description", "generation"]);
  const outcome = filters.get("outcome");
  const query = useInfiniteQuery(lists.calls({ owner, service, outcome }));
  const outcomes =
    outcome === undefined || outcome in OUTCOMES ? OUTCOMES : { ...OUTCOMES, [outcome]: outcomeName(outcome) };
  return (
    <section aria-label="Calls" style={{ marginTop: "var(--mantine-spacing-xl)" }}>
      <Title order={3} size="h5" mb={2}>
        Calls
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        Each one, the newest first, of every month. Nothing of prompts, pictures or answers is kept.
      </Text>
      <FilterBar>
        <UserPicker label="User" placeholder="Anybody" value={owner} onChange={(id) => filters.set({ owner: id })} />
        <Choice
          label="Service"
          all="Both"
          value={service}
          options={SERVICES}
          onChange={(value) => filters.set({ service: value })}
        />
        <Choice
          label="Outcome"
          all="Any outcome"
          value={outcome}
          options={outcomes}
          onChange={(value) => filters.set({ outcome: value })}
        />
      </FilterBar>
      <Listing
        query={query}
        what="The calls"
        empty={
          <EmptyState icon={<IconListDetails />} title="No calls">
            No describer and no painter was asked, or none that matches.
          </EmptyState>
        }
      >
        {(items) => <Records label="Calls" items={items} keyOf={({ id }) => id} columns={COLUMNS} />}
      </Listing>
    </section>
  );
}

const COLUMNS: readonly Column<AiCall>[] = [
  {
    header: "When",
    cell: ({ created_at: at }) => (
      <time dateTime={at} title={time(at)}>
        {ago(at)}
      </time>
    ),
  },
  {
    header: "Outcome",
    cell: ({ outcome }) => (
      <Mark tone={outcome === "done" ? "good" : outcome === null ? "usual" : "bad"}>{outcomeName(outcome)}</Mark>
    ),
  },
  { header: "Model", cell: ({ model, provider }) => `${model} (${provider})` },
  {
    header: "For",
    cell: ({ owner, image_id: image }) => (
      <span>
        {owner?.email ?? "Account gone"},{" "}
        <Anchor component={Link} to={`/admin/content?image=${image}`} inherit underline="always">
          image
        </Anchor>
      </span>
    ),
  },
  {
    header: "Took",
    isNumeric: true,
    cell: ({ milliseconds }) => (milliseconds === null ? "–" : `${count(milliseconds)} ms`),
  },
  {
    header: "Tokens",
    isNumeric: true,
    cell: ({ input_tokens: input, output_tokens: output }) =>
      input === null && output === null ? "–" : `${count(input ?? 0)} + ${count(output ?? 0)}`,
  },
  {
    header: "Cost",
    isNumeric: true,
    cell: ({ cost_micros: micros }) => (micros === null ? "Unknown" : dollars(micros)),
  },
];
