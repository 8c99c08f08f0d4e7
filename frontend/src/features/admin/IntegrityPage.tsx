import { Alert, Loader, Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconAlertTriangle, IconZoomCheck } from "@tabler/icons-react";
import type { Integrity } from "~/client";
import { adminGetIntegrityOptions } from "~/client/@tanstack/react-query.gen";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import { ago, time } from "~/lib/format";
import { Examine } from "./components/Examine";
import { Findings } from "./components/Findings";
import { Lines } from "./components/Listing";
import { Section } from "./components/Section";
import { readReport } from "./faults";

const REFRESH_MS = 2_000;

/** Whether database, storage and work agree: the latest report, and the order for a new one. */
export function Component() {
  const { data, error, refetch } = useQuery({
    ...adminGetIntegrityOptions(),
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? REFRESH_MS : false),
  });
  return (
    <Section
      title="Integrity"
      note={
        data?.made_at ? (
          <span title={time(data.made_at)}>Report made {ago(data.made_at)}.</span>
        ) : (
          "Compares what the database says with what the storage holds."
        )
      }
    >
      {data ? (
        <Stack gap="md">
          <Making state={data} />
          <Examine isUnderWay={isUnderWay(data)} />
          <Latest state={data} />
        </Stack>
      ) : error ? (
        <LoadFailed error={error} onRetry={() => void refetch()} what="The report" />
      ) : (
        <Lines />
      )}
    </Section>
  );
}

function isUnderWay({ state }: Integrity): boolean {
  return state === "waiting" || state === "pending" || state === "working";
}

/** How the making of a new report goes. */
function Making({ state }: { state: Integrity }) {
  const isMaking = isUnderWay(state);
  return (
    <>
      <div role="status">
        {isMaking && (
          <Paper withBorder p="md" style={{ display: "flex", gap: 12, alignItems: "center" }}>
            <Loader size="sm" aria-hidden />
            <Text size="sm">
              {state.state === "working" ? "A report is being made." : "A report is about to be made."}
              {state.asked_at && ` Asked for ${ago(state.asked_at)}.`} This page shows it as soon as it is there.
            </Text>
          </Paper>
        )}
      </div>
      {state.state === "failed" && (
        <Alert color="red" variant="light" icon={<IconAlertTriangle />} title="The last report could not be made">
          {state.error?.detail ?? "Nobody has said why."}
          {state.made_at && " The former one stands below."}
        </Alert>
      )}
    </>
  );
}

function Latest({ state }: { state: Integrity }) {
  if (state.report !== null) return <Findings report={readReport(state.report)} />;
  if (isUnderWay(state) || state.state === "failed") return null;
  return (
    <EmptyState icon={<IconZoomCheck />} title="Nothing has been examined yet">
      Have a report made: it names files that are missing, damaged or left over, and work that is stuck.
    </EmptyState>
  );
}
