/** The public gallery, page by page. It is everybody's: nothing of it needs a sign-in. */
import { type QueryClient, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { listPublicImages } from "~/client";
import { toldLater } from "~/lib/asking";
import { IMAGE_LISTS } from "~/lib/images";
import { itemsOf, pagesOf } from "~/lib/pages";
import type { GalleryQuery } from "../galleryQuery";

const PAGE = 48;

function galleryOf({ search, sort }: GalleryQuery) {
  return pagesOf([IMAGE_LISTS, "public", { search, sort }], (cursor, signal) =>
    listPublicImages({
      query: { limit: PAGE, sort, ...(search && { search }), ...(cursor !== undefined && { cursor }) },
      signal,
    }),
  );
}

/** The first page is asked for. */
export function askForGallery(client: QueryClient, query: GalleryQuery): void {
  client.infiniteQuery({ ...galleryOf(query), staleTime: "static" }).catch(toldLater);
}

export function useGallery(asked: GalleryQuery) {
  const query = useInfiniteQuery({ ...galleryOf(asked), placeholderData: keepPreviousData });
  const images = useMemo(() => itemsOf(query.data), [query.data]);
  return { ...query, images };
}
