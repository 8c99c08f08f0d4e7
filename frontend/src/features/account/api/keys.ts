import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type KeyRequest, listKeys, makeKey, revokeKey } from "~/client";
import { itemsOf, pagesOf } from "~/lib/pages";
import { hasStatus } from "~/lib/problems";

const LIST = ["account", "keys"];

export function useKeys() {
  const query = useInfiniteQuery(
    pagesOf(LIST, (cursor, signal) => listKeys({ query: cursor === undefined ? {} : { cursor }, signal })),
  );
  return { ...query, keys: itemsOf(query.data) };
}

/** The answer has the key itself, this one time; it is kept in no cache. */
export function useMakeKey() {
  const client = useQueryClient();
  return async (body: KeyRequest) => {
    const { data } = await makeKey({ body });
    void client.invalidateQueries({ queryKey: LIST });
    return data;
  };
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) => {
      try {
        await revokeKey({ path: { key_id: id } });
      } catch (error) {
        // Somebody was faster.
        if (!hasStatus(error, 404)) throw error;
      }
    },
    onSettled: () => client.invalidateQueries({ queryKey: LIST }),
  });
}
