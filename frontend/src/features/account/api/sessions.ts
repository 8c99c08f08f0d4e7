import { type QueryClient, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { endSession, listSessions, logOutEverywhere } from "~/client";
import { nextCursor } from "~/lib/api";
import { itemsOf, pagesOf } from "~/lib/pages";
import { hasStatus } from "~/lib/problems";
import { session } from "~/lib/session";

const LIST = ["account", "sessions"];

export function useSessions() {
  const query = useInfiniteQuery(
    pagesOf(LIST, (cursor, signal) => listSessions({ query: cursor === undefined ? {} : { cursor }, signal })),
  );
  return { ...query, sessions: itemsOf(query.data) };
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => end(id),
    onSettled: () => changed(client),
  });
}

/** Every session but the one that asks, page by page; those that begin meanwhile stay. */
export function useEndOtherSessions() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const others: string[] = [];
      let cursor: string | undefined;
      do {
        const { data, response } = await listSessions({ query: cursor === undefined ? {} : { cursor } });
        others.push(...data.filter((each) => !each.is_current).map((each) => each.id));
        cursor = nextCursor(response);
      } while (cursor !== undefined);
      for (const id of others) await end(id);
      return others.length;
    },
    onSettled: () => changed(client),
  });
}

/** Here too. */
export function useSignOutEverywhere() {
  return useMutation({
    mutationFn: () => logOutEverywhere(),
    onSuccess: () => session.end(),
  });
}

async function end(id: string): Promise<void> {
  try {
    await endSession({ path: { session_id: id } });
  } catch (error) {
    // It has ended by itself.
    if (!hasStatus(error, 404)) throw error;
  }
}

function changed(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: LIST });
}
