import { Button, Group, Paper, Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { LoadFailed } from "~/components/LoadFailed";

interface Props {
  label: string;
  /** "Your sessions", as in "Your sessions could not be loaded". */
  what: string;
  query: {
    isPending: boolean;
    error: unknown;
    refetch: () => unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => unknown;
  };
  isEmpty: boolean;
  empty: ReactNode;
  children: ReactNode;
}

/** Rows that come page by page. */
export function List({ label, what, query, isEmpty, empty, children }: Props) {
  if (query.isPending)
    return (
      <Stack gap="sm" aria-busy aria-label={label}>
        {[0, 1, 2].map((each) => (
          <Skeleton key={each} h={76} />
        ))}
      </Stack>
    );
  if (query.error !== null && isEmpty)
    return <LoadFailed what={what} error={query.error} onRetry={() => void query.refetch()} />;
  if (isEmpty) return empty;
  return (
    <>
      <Stack component="ul" gap="sm" aria-label={label} p={0} m={0} style={{ listStyle: "none" }}>
        {children}
      </Stack>
      {query.hasNextPage && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </Group>
      )}
    </>
  );
}

/** A thing, what is known of it, and at its right what can be done with it. */
export function Row({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <Paper component="li" withBorder p="md">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>{children}</div>
        {action}
      </Group>
    </Paper>
  );
}
