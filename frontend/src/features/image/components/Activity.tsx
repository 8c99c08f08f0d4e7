import { Alert, Badge, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import type { Image, Work } from "~/client";
import { LoadFailed } from "~/components/LoadFailed";
import { plural } from "~/lib/format";
import { isUnderWay, useDescribe, useRetry, useStatus } from "../api/work";
import { Section } from "./Section";

const KINDS: Readonly<Record<Work["kind"], string>> = {
  generation: "Making the picture",
  variants: "Making the sizes",
  description: "Describing",
};

const STATES: Readonly<Record<Work["state"], { label: string; color: string }>> = {
  waiting: { label: "Waits for the picture", color: "gray" },
  pending: { label: "In the queue", color: "gray" },
  working: { label: "Under way", color: "indigo" },
  done: { label: "Done", color: "teal" },
  failed: { label: "Failed", color: "red" },
};

/** The work on the image as it goes on, why any of it failed, and how it is begun again. */
export function Activity({ image }: { image: Image }) {
  const status = useStatus(image);
  const retry = useRetry();
  const describe = useDescribe();
  const isTrashed = image.trashed_at !== null;
  const work = status.data?.work ?? [];
  const hasFailed = work.some(({ state }) => state === "failed");
  const isBusy = status.data !== undefined && isUnderWay(status.data);
  return (
    <Section title="Activity">
      {status.isPending && <Skeleton height={48} />}
      {status.isError && <LoadFailed error={status.error} onRetry={() => void status.refetch()} what="The activity" />}
      <Stack gap="xs" aria-live="polite">
        {work.map((each) => (
          <Piece key={each.kind} work={each} />
        ))}
      </Stack>
      {!isTrashed && status.data !== undefined && (
        <Group gap="xs">
          {hasFailed && (
            <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate(image.id)}>
              Try again
            </Button>
          )}
          {image.status === "ready" && !isBusy && (
            <Button size="xs" variant="default" loading={describe.isPending} onClick={() => describe.mutate(image.id)}>
              {image.ai.status === "done" ? "Describe again" : "Describe"}
            </Button>
          )}
        </Group>
      )}
    </Section>
  );
}

function Piece({ work: { kind, state, attempts, error } }: { work: Work }) {
  const { label, color } = STATES[state];
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="sm">
          {KINDS[kind]}
          {attempts > 1 && (
            <Text span size="xs" c="dimmed">
              {" "}
              · {plural(attempts, "attempt")}
            </Text>
          )}
        </Text>
        <Badge variant="light" size="sm" color={color} tt="none">
          {label}
        </Badge>
      </Group>
      {error && (
        <Alert color={state === "failed" ? "red" : "yellow"} variant="light" p="xs" mt={6}>
          {error.detail}
        </Alert>
      )}
    </div>
  );
}
