import { Button, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import type { Retried } from "~/client";
import { count as counted, plural } from "~/lib/format";
import { useAdministration } from "../api/changes";
import { kindName } from "../work";
import { Question } from "./Question";

interface Props {
  /** Undefined is every kind but letters. */
  kind: string | undefined;
  /** How many have failed, as far as is known. */
  count: number;
}

/** Runs again all that has failed, or all of one kind, and says how many pieces that were. */
export function RetryAll({ kind, count }: Props) {
  const { retryAll } = useAdministration();
  const [isAsking, asking] = useDisclosure(false);
  const [outcome, setOutcome] = useState<Retried>();
  const what = kind === undefined ? "everything that has failed" : `all that has failed of “${kindName(kind)}”`;
  return (
    <Stack gap={4} align="flex-start">
      <Button
        variant="default"
        leftSection={<IconRefresh size={16} aria-hidden />}
        disabled={count === 0}
        onClick={asking.open}
      >
        Run all again{count > 0 && ` (${counted(count)})`}
      </Button>
      <Text size="sm" role="status">
        {outcome && wordsOf(outcome)}
      </Text>
      <Question
        isOpen={isAsking}
        onClose={asking.close}
        title="Run all again?"
        confirm="Run all again"
        onConfirm={async () => setOutcome(await retryAll(kind))}
      >
        <Text size="sm">
          {plural(count, "piece")} of work: {what}. Up to 500 at a time; what fails for the same reason fails again, so
          mend that first.
          {kind === undefined && " E-mails are left alone: choose their kind to send those again."}
        </Text>
      </Question>
    </Stack>
  );
}

function wordsOf({ retried, left }: Retried): string {
  const done = `${plural(retried, "piece")} of work run again.`;
  return left === 0 ? done : `${done} ${counted(left)} left: run all again for those.`;
}
