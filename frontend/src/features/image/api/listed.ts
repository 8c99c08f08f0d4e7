/** What the lists in the cache know of an image already. */
import type { QueryClient } from "@tanstack/react-query";
import type { Image } from "~/client";
import { IMAGE_LISTS } from "~/lib/images";

export function listedImage(client: QueryClient, id: string): Image | undefined {
  for (const [, data] of client.getQueriesData({ queryKey: [IMAGE_LISTS] }))
    for (const item of itemsIn(data)) if (isOwnImage(item) && item.id === id) return item;
  return undefined;
}

function itemsIn(data: unknown): unknown[] {
  if (Array.isArray(data)) return data;
  if (typeof data !== "object" || data === null || !("pages" in data) || !Array.isArray(data.pages)) return [];
  return data.pages.flatMap((page: unknown) =>
    typeof page === "object" && page !== null && "items" in page && Array.isArray(page.items)
      ? (page.items as unknown[])
      : [],
  );
}

/** Images of the gallery tell less: they have no `ai`. */
function isOwnImage(item: unknown): item is Image {
  return typeof item === "object" && item !== null && "id" in item && "ai" in item && "variants" in item;
}
