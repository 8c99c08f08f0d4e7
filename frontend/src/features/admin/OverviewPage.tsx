import { useQuery } from "@tanstack/react-query";
import { adminGetOverviewOptions } from "~/client/@tanstack/react-query.gen";
import { LoadFailed } from "~/components/LoadFailed";
import { ago, time } from "~/lib/format";
import { OverviewCards } from "./components/OverviewCards";
import { Lines } from "./components/Listing";
import { Section } from "./components/Section";
import { Troubles } from "./components/Troubles";
import { troubles } from "./health";

const REFRESH_MS = 10_000;

/** The state of the service at a glance: first what is wrong, then how much there is of everything. */
export function Component() {
  // Not while the window is hidden: that is TanStack Query's own rule.
  const query = useQuery({ ...adminGetOverviewOptions(), refetchInterval: REFRESH_MS });
  const { data: overview, error, refetch, dataUpdatedAt } = query;
  return (
    <Section
      title="Overview"
      note={
        overview && (
          <span title={time(new Date(dataUpdatedAt).toISOString())}>
            Aizen {overview.version}, {overview.environment}.{" "}
            {error
              ? `Not refreshed since ${ago(new Date(dataUpdatedAt).toISOString())}.`
              : "Refreshes every 10 seconds."}
          </span>
        )
      }
    >
      {overview ? (
        <>
          <Troubles list={troubles(overview)} />
          <OverviewCards overview={overview} />
        </>
      ) : error ? (
        <LoadFailed error={error} onRetry={() => void refetch()} what="The overview" />
      ) : (
        <Lines count={4} height={96} />
      )}
    </Section>
  );
}
