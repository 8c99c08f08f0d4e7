/** What several screens know about images: their addresses, their names, and how the cache learns of a change. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { type Found, type Image, type PublicImage, type Variant, listImages } from "~/client";
import { getImageQueryKey } from "~/client/@tanstack/react-query.gen";
import { type Page, pageOf, withoutItems } from "./pages";

/** As many as the API tells at once. */
export const NEWEST = 100;

/** Every list of images, the user's own and everybody's: the first part of its query key. */
export const IMAGE_LISTS = "imageLists";

/** What stands on top of such a list, asked for by itself: the first part of its query key. */
export const IMAGE_LIST_HEADS = "imageListHeads";

/** The smallest variant that is sharp on a surface of `width` device pixels, of the formats that each browser opens. */
export function variantFor(image: Pick<Image | PublicImage, "variants">, width: number): Variant | undefined {
  const stills = image.variants
    .filter((variant) => variant.format === "webp")
    .sort((one, other) => one.width - other.width);
  return stills.find((variant) => variant.width >= width) ?? stills.at(-1) ?? image.variants.at(-1);
}

/** The `srcset` of an `<img>`: each WebP variant with its width. */
export function srcSet(image: Pick<Image | PublicImage, "variants">): string {
  return image.variants
    .filter((variant) => variant.format === "webp" && variant.name.startsWith("w"))
    .map((variant) => `${variant.url} ${variant.width}w`)
    .join(", ");
}

/** The address at which a browser saves the file in place of showing it, wherever the storage is. */
export function downloadOf(address: string): string {
  return `${address}&dl=1`;
}

/** What a screen reader says in place of the picture; "" for one that is decoration. */
export function altOf(image: Pick<Image, "alt" | "alt_status" | "ai" | "title" | "file_name" | "prompt">): string {
  if (image.alt_status === "decorative") return "";
  // What was measured offline says how bright a picture is, and nothing of what it shows.
  const suggested = image.ai.provider === "offline" ? null : image.ai.alt;
  return image.alt || suggested || nameOf(image);
}

export function nameOf(image: Pick<Image, "title" | "file_name" | "prompt">): string {
  return image.title || image.prompt || image.file_name || "Untitled";
}

/** Whether work goes on that will change what is shown of the image. */
export function isUnfinished(image: Pick<Image, "status" | "ai">): boolean {
  return (
    image.status === "generating" ||
    image.status === "processing" ||
    image.ai.status === "pending" ||
    image.ai.status === "working"
  );
}

/** The image as it is now stands in the cache; the lists are asked again where they are looked at. */
export function imageChanged(client: QueryClient, image: Image): void {
  const queryKey = getImageQueryKey({ path: { image_id: image.id } });
  // An answer still under way may be older; whoever waits for it gets this one. It is broken off at once, so nothing need be awaited.
  void client.cancelQueries({ queryKey });
  client.setQueryData(queryKey, image);
  void imagesChanged(client);
}

/** All lists of images are asked again. */
export async function imagesChanged(client: QueryClient): Promise<void> {
  await client.invalidateQueries({ queryKey: [IMAGE_LISTS] });
}

/** No list shows them any longer, before any of them is asked again. */
export function takeFromLists(client: QueryClient, ids: readonly string[]): void {
  const gone = new Set(ids);
  client.setQueriesData<InfiniteData<Page<Found>, string | undefined>>({ queryKey: [IMAGE_LISTS] }, (data) =>
    data === undefined ? data : withoutItems(data, gone),
  );
}

/** There are new ones: what is shown asks for its top, and every other list for all of it when it is shown again. */
export async function imagesAdded(client: QueryClient): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: [IMAGE_LISTS], refetchType: "none" }),
    client.invalidateQueries({ queryKey: [IMAGE_LIST_HEADS] }, { cancelRefetch: false }),
  ]);
}

/** The newest images, as the first page of a list has them: several who wait for news of them share one request. */
export function newestImages(client: QueryClient): Promise<Page<Found>> {
  return client.query({
    queryKey: ["newestImages"],
    queryFn: async ({ signal }) => {
      const { data, response } = await listImages({ query: { limit: NEWEST, include: "total" }, signal });
      return pageOf(data, response);
    },
    staleTime: 1000,
    gcTime: 0,
  });
}

/** The image is gone for good. */
export function imageGone(client: QueryClient, id: string): void {
  client.removeQueries({ queryKey: getImageQueryKey({ path: { image_id: id } }) });
  void imagesChanged(client);
}
