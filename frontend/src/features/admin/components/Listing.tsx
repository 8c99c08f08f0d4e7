import { Button, Center, Skeleton, Stack, Text, VisuallyHidden } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { LoadFailed } from "~/components/LoadFailed";
import { type Page, itemsOf } from "~/lib/pages";

interface Props<Item> {
  query: UseInfiniteQueryResult<InfiniteData<Page<Item>>>;
  /** What is listed: "The users". */
  what: string;
  /** Shown where there is nothing. */
  empty: ReactNode;
  children: (items: Item[]) => ReactNode;
}

/** A list in whatever state it is: being loaded, failed, empty, or there, with a button for its next page. */
export function Listing<Item>({ query, what, empty, children }: Props<Item>) {
  if (query.isPending) return <Lines />;
  const retry = () => void query.refetch();
  if (query.data === undefined) return <LoadFailed error={query.error} onRetry={retry} what={what} />;
  const items = itemsOf(query.data);
  if (items.length === 0) return empty;
  return (
    <>
      {query.isRefetchError && (
        <Text size="sm" c="dimmed" mb="sm" role="status">
          This may be out of date: the last refresh failed.
        </Text>
      )}
      {children(items)}
      {query.isFetchNextPageError && (
        <LoadFailed error={query.error} onRetry={() => void query.fetchNextPage()} what="The next page" />
      )}
      {query.hasNextPage && !query.isFetchNextPageError && (
        <Center mt="md">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </Center>
      )}
    </>
  );
}

/** Stands for lines that are still being loaded. */
export function Lines({ count = 6, height = 44 }: { count?: number; height?: number }) {
  return (
    <Stack gap="xs" role="status">
      <VisuallyHidden>Loading</VisuallyHidden>
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={height} aria-hidden />
      ))}
    </Stack>
  );
}
