/** The user's images page by page, kept up to date without asking for all pages again. */
import {
  type InfiniteData,
  type QueryClient,
  focusManager,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { type Found, getImage, listImages } from "~/client";
import { toldLater } from "~/lib/asking";
import { IMAGE_LISTS, IMAGE_LIST_HEADS, NEWEST, imagesChanged, isUnfinished, newestImages } from "~/lib/images";
import { type Page, itemsOf, pageOf, pagesOf, withHead, withItems } from "~/lib/pages";
import { hasStatus } from "~/lib/problems";
import { session } from "~/lib/session";
import { type Turns, newTurns } from "~/lib/turns";
import { type Filters, isBelow, isNarrowed, queryOf } from "../filters";

const POLL_MS = 2000;
/** Unfinished images further down than the first page are asked for one by one: so many at a time. */
const MOST_BY_THEMSELVES = 6;
/** The addresses of the files end after an hour; new ones are there before. */
const ADDRESSES_MS = 30 * 60_000;
/** So often it is looked whether they have to be asked for: also the time after which what has failed is tried again. */
const RENEWAL_CHECK_MS = 60_000;

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
    // What returns to the window asks for the top alone: see `useFreshHead`.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    placeholderData: keepPreviousData,
  };
}

/** The first page is asked for, where somebody is signed in. */
export function askForLibrary(client: QueryClient, filters: Filters): void {
  void session
    .resume()
    .then((state) =>
      state === "signed-in" ? client.infiniteQuery({ ...listOf(filters), staleTime: "static" }) : undefined,
    )
    .catch(toldLater);
}

export function useLibrary(filters: Filters) {
  const query = useInfiniteQuery(listOf(filters));
  const images = useMemo(() => itemsOf(query.data), [query.data]);
  useFreshHead(filters, images, query.isSuccess);
  useRenewal(query.data?.pages[0]?.askedAt, query.refetch);
  return { ...query, images, total: query.data?.pages[0]?.total };
}

/**
 * Every page is asked for anew before the addresses in the oldest end. The query's own interval would not do: it begins again with each
 * page that is added and each change of the top. `askedAt` is the first page's, which is asked for with all others or not at all.
 */
function useRenewal(askedAt: number | undefined, refetch: (options: { cancelRefetch: boolean }) => unknown): void {
  useEffect(() => {
    if (askedAt === undefined) return;
    const check = () => {
      if (focusManager.isFocused() && Date.now() - askedAt >= ADDRESSES_MS) void refetch({ cancelRefetch: false });
    };
    check();
    const timer = setInterval(check, RENEWAL_CHECK_MS);
    const unsubscribe = focusManager.subscribe(check);
    return () => {
      clearInterval(timer);
      unsubscribe();
    };
  }, [askedAt, refetch]);
}

/** The top of the list is asked for when something was added, when the window is returned to, and every other second while work goes on. */
function useFreshHead(filters: Filters, images: readonly Found[], isLoaded: boolean): void {
  const client = useQueryClient();
  const isAtWork = images.some(isUnfinished);
  const [turns] = useState(() => newTurns(MOST_BY_THEMSELVES));
  useQuery({
    queryKey: [IMAGE_LIST_HEADS, "library", queryOf(filters)],
    queryFn: async () => {
      await refresh(client, filters, turns);
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

async function refresh(client: QueryClient, filters: Filters, turns: Turns): Promise<void> {
  const { queryKey } = listOf(filters);
  const head = await firstPage(client, filters);
  const inHead = new Set(head.items.map(({ id }) => id));
  const elsewhere = itemsOf(client.getQueryData<Library>(queryKey))
    .filter((image) => isUnfinished(image) && !inHead.has(image.id))
    .map(({ id }) => id);
  const found = await Promise.all(turns(elsewhere).map(imageNow));
  const state = client.getQueryState<Library>(queryKey);
  if (state?.data !== undefined) {
    const below = (image: Found, other: Found) => isBelow(filters.sort, image, other);
    const fresh = withItems(
      withHead(state.data, head, below),
      found.filter((image) => image !== undefined),
    );
    // The other pages are as old as they were.
    client.setQueryData<Library>(queryKey, fresh, { updatedAt: state.dataUpdatedAt });
  }
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
