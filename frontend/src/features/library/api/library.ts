/** The user's images page by page, kept up to date without asking for all pages again. */
import {
  type InfiniteData,
  type QueryClient,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { type Found, getImage, listImages } from "~/client";
import { IMAGE_LISTS, IMAGE_LIST_HEADS, NEWEST, imagesChanged, isUnfinished, newestImages } from "~/lib/images";
import { type Page, itemsOf, pageOf, pagesOf, withHead, withItems } from "~/lib/pages";
import { hasStatus } from "~/lib/problems";
import { type Filters, isBelow, isNarrowed, queryOf } from "../filters";

const POLL_MS = 2000;
/** Unfinished images further down than the first page are asked for one by one: so many at a time. */
const MOST_BY_THEMSELVES = 6;
/** The addresses of the files end after an hour; new ones are there before. */
const ADDRESSES_MS = 30 * 60_000;

type Library = InfiniteData<Page<Found>, string | undefined>;

function listOf(filters: Filters) {
  return {
    ...pagesOf([IMAGE_LISTS, "library", queryOf(filters)], (cursor, signal) =>
      listImages({
        // The count is asked for once: it costs as much as a page.
        query: { ...queryOf(filters), limit: NEWEST, ...(cursor === undefined ? { include: "total" } : { cursor }) },
        signal,
      }),
    ),
    staleTime: ADDRESSES_MS,
    refetchInterval: ADDRESSES_MS,
    // What returns to the window asks for the top alone: see `useFreshHead`.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    placeholderData: keepPreviousData,
  };
}

export function useLibrary(filters: Filters) {
  const query = useInfiniteQuery(listOf(filters));
  const images = useMemo(() => itemsOf(query.data), [query.data]);
  useFreshHead(filters, images, query.isSuccess);
  return { ...query, images, total: query.data?.pages[0]?.total };
}

/** The top of the list is asked for when something was added, when the window is returned to, and every other second while work goes on. */
function useFreshHead(filters: Filters, images: readonly Found[], isLoaded: boolean): void {
  const client = useQueryClient();
  const isAtWork = images.some(isUnfinished);
  useQuery({
    queryKey: [IMAGE_LIST_HEADS, "library", queryOf(filters)],
    queryFn: async () => {
      await refresh(client, filters);
      return null;
    },
    enabled: isLoaded,
    initialData: null,
    staleTime: Infinity,
    refetchOnWindowFocus: "always",
    refetchOnReconnect: "always",
    refetchInterval: isAtWork ? POLL_MS : false,
    retry: false,
  });
}

async function refresh(client: QueryClient, filters: Filters): Promise<void> {
  const { queryKey } = listOf(filters);
  const head = await firstPage(client, filters);
  const inHead = new Set(head.items.map(({ id }) => id));
  const elsewhere = itemsOf(client.getQueryData<Library>(queryKey))
    .filter((image) => isUnfinished(image) && !inHead.has(image.id))
    .slice(0, MOST_BY_THEMSELVES);
  const found = await Promise.all(elsewhere.map(({ id }) => imageNow(id)));
  client.setQueryData<Library>(queryKey, (data) => {
    if (data === undefined) return data;
    const below = (image: Found, other: Found) => isBelow(filters.sort, image, other);
    return withItems(
      withHead(data, head, below),
      found.filter((image) => image !== undefined),
    );
  });
  if (found.includes(undefined)) void imagesChanged(client);
}

async function firstPage(client: QueryClient, filters: Filters): Promise<Page<Found>> {
  if (!isNarrowed(filters) && filters.sort === "-uploaded_at") return newestImages(client);
  const { data, response } = await listImages({ query: { ...queryOf(filters), limit: NEWEST, include: "total" } });
  return pageOf(data, response);
}

/** Undefined: it is gone. */
async function imageNow(id: string): Promise<Found | undefined> {
  try {
    return (await getImage({ path: { image_id: id } })).data;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}
