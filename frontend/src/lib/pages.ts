/** Lists that come page by page, by the cursor of their `Link` header. */
import { type InfiniteData, type QueryKey, infiniteQueryOptions } from "@tanstack/react-query";
import { nextCursor } from "./api";

export interface Page<Item> {
  items: Item[];
  next: string | undefined;
  /** How many there are in all, where the list was asked to count. */
  total: number | undefined;
  /** When all of it was asked for: the addresses of its files are that old. */
  askedAt: number;
}

interface Answer<Item> {
  data: Item[];
  response: Response;
}

/** Options for `useInfiniteQuery`: `fetchPage` asks the generated client for one page. */
export function pagesOf<Item>(
  queryKey: QueryKey,
  fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Answer<Item>>,
) {
  return infiniteQueryOptions({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }): Promise<Page<Item>> => {
      const { data, response } = await fetchPage(pageParam, signal);
      return pageOf(data, response);
    },
    getNextPageParam: (last) => last.next,
  });
}

export function pageOf<Item>(items: Item[], response: Response): Page<Item> {
  const total = response.headers.get("X-Total-Count");
  return {
    items,
    next: nextCursor(response),
    total: total === null ? undefined : Number(total),
    askedAt: Date.now(),
  };
}

export function itemsOf<Item>(data: InfiniteData<Page<Item>> | undefined): Item[] {
  return data?.pages.flatMap((page) => page.items) ?? [];
}

type Pages<Item> = InfiniteData<Page<Item>, string | undefined>;

/** The same pages with what is now known of some of their items. */
export function withItems<Item extends { id: string }>(data: Pages<Item>, fresh: readonly Item[]): Pages<Item> {
  const known = new Map(fresh.map((item) => [item.id, item]));
  const update = (item: Item) => known.get(item.id) ?? item;
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(update) })) };
}

/**
 * The same pages with a first page that was asked for anew: what is new stands on top, what `head` should have and has not is gone,
 * and what lies below it stays. `isBelow` says whether an item comes after another in the list's order.
 */
export function withHead<Item extends { id: string }>(
  data: Pages<Item>,
  head: Page<Item>,
  isBelow: (item: Item, other: Item) => boolean,
): Pages<Item> {
  const [first, ...others] = data.pages;
  const last = head.items.at(-1);
  if (first === undefined) return data;
  const inHead = new Set(head.items.map(({ id }) => id));
  const isKept = (item: Item) =>
    !inHead.has(item.id) && head.next !== undefined && last !== undefined && isBelow(item, last);
  const below = first.items.filter(isKept);
  const rest = others.map((page) => ({ ...page, items: page.items.filter(isKept) }));
  const reaches = head.next === undefined || (rest.length === 0 && below.length === 0);
  return {
    ...data,
    pages: [
      { ...first, items: [...head.items, ...below], next: reaches ? head.next : first.next, total: head.total },
      ...rest,
    ],
  };
}

/** The same pages without some of their items. */
export function withoutItems<Item extends { id: string }>(data: Pages<Item>, ids: ReadonlySet<string>): Pages<Item> {
  const gone = data.pages.flatMap((page) => page.items).filter(({ id }) => ids.has(id)).length;
  if (gone === 0) return data;
  const pages = data.pages.map(({ items, total, ...page }) => ({
    ...page,
    items: items.filter(({ id }) => !ids.has(id)),
    total: total === undefined ? undefined : Math.max(0, total - gone),
  }));
  return { ...data, pages };
}
