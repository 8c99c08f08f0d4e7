/** The pictures that the user has had generated, the newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { listImages } from "~/client";
import { IMAGE_LISTS } from "~/lib/images";
import { pagesOf } from "~/lib/pages";

export const HISTORY = [IMAGE_LISTS, "generated"] as const;
const PAGE = 24;

export function useHistory() {
  return useInfiniteQuery(
    pagesOf(HISTORY, (cursor, signal) =>
      listImages({
        query: { source: "generation", limit: PAGE, ...(cursor !== undefined && { cursor }) },
        signal,
        throwOnError: true,
      }),
    ),
  );
}
