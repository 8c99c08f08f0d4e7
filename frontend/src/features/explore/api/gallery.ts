/** The public gallery, page by page. It is everybody's: nothing of it needs a sign-in. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { listPublicImages } from "~/client";
import { IMAGE_LISTS } from "~/lib/images";
import { itemsOf, pagesOf } from "~/lib/pages";
import type { GalleryQuery } from "../galleryQuery";

const PAGE = 48;

export function useGallery({ search, sort }: GalleryQuery) {
  const query = useInfiniteQuery({
    ...pagesOf([IMAGE_LISTS, "public", { search, sort }], (cursor, signal) =>
      listPublicImages({
        query: { limit: PAGE, sort, ...(search && { search }), ...(cursor !== undefined && { cursor }) },
        signal,
      }),
    ),
    placeholderData: keepPreviousData,
  });
  const images = useMemo(() => itemsOf(query.data), [query.data]);
  return { ...query, images };
}
