import { Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { IconChecklist } from "@tabler/icons-react";
import { adminSummarizeJobsOptions } from "~/client/@tanstack/react-query.gen";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import * as lists from "./api/lists";
import { Choice, FilterBar } from "./components/FilterBar";
import { JobCard } from "./components/JobCard";
import { Listing } from "./components/Listing";
import { RetryAll } from "./components/RetryAll";
import { Section } from "./components/Section";
import { WorkTable } from "./components/WorkTable";
import { Workers } from "./components/Workers";
import classes from "./components/Cards.module.css";
import { oneOf, useFilters } from "./filters";
import { STATES, type WorkState, kindName, kindOptions, retriable } from "./work";

const REFRESH_MS = 10_000;
const NOTHING: Readonly<Record<WorkState, string>> = {
  failed: "Nothing has failed",
  working: "Nothing is under way",
  pending: "Nothing is in the queue",
  waiting: "Nothing waits for other work",
  done: "Nothing has been done yet",
};

/** Background work: what has failed and why comes first. */
export function Component() {
  const filters = useFilters();
  const state = oneOf(filters.get("state"), ["failed", "working", "pending", "waiting", "done"]) ?? "failed";
  const kind = filters.get("kind");
  const summary = useQuery({ ...adminSummarizeJobsOptions(), refetchInterval: REFRESH_MS });
  const query = useInfiniteQuery({
    ...lists.jobs({ state, kind }),
    // Whoever has read on to later pages is not to have them all loaded again and again.
    refetchInterval: ({ state: { data } }) => ((data?.pages.length ?? 0) > 1 ? false : REFRESH_MS),
  });
  return (
    <Section
      title="Jobs"
      note="Refreshes every 10 seconds."
      actions={summary.data && state === "failed" && <RetryAll kind={kind} count={retriable(summary.data, kind)} />}
    >
      {summary.data ? (
        <>
          <Workers queue={summary.data.queue} />
          <WorkTable counts={summary.data.counts} />
        </>
      ) : (
        summary.error && <LoadFailed error={summary.error} onRetry={() => void summary.refetch()} what="The summary" />
      )}
      <FilterBar>
        <Choice
          label="State"
          value={state}
          options={STATES}
          onChange={(value) => filters.set({ state: value === "failed" ? null : value })}
        />
        <Choice
          label="Kind"
          all="Every kind"
          value={kind}
          options={kindOptions(summary.data?.counts ?? [], kind)}
          onChange={(value) => filters.set({ kind: value })}
        />
      </FilterBar>
      <Listing
        query={query}
        what="The work"
        empty={
          <EmptyState icon={<IconChecklist />} title={NOTHING[state]}>
            {kind === undefined ? "Choose another state to see other work." : `Of the kind “${kindName(kind)}”.`}
          </EmptyState>
        }
      >
        {(items) => (
          <>
            {state === "failed" && kind === undefined && (
              <Text size="sm" c="dimmed" mb="sm">
                The newest first. What has failed stays here until it is run again and succeeds.
              </Text>
            )}
            <ul className={classes.list} aria-label="Work">
              {items.map((item) => (
                <JobCard key={item.id} item={item} />
              ))}
            </ul>
          </>
        )}
      </Listing>
    </Section>
  );
}
