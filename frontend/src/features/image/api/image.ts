/** One image of one's own, with the version that it was read in. */
import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Image, getImage } from "~/client";
import { getImageQueryKey } from "~/client/@tanstack/react-query.gen";
import { listedImage } from "./listed";

/** The ETag of the newest answer about each image, for `If-Match`. An older one costs no more than another look at the image. */
const versions = new Map<string, string>();

export function imageOptions(id: string) {
  return queryOptions({
    queryKey: getImageQueryKey({ path: { image_id: id } }),
    queryFn: ({ signal }) => readImage(id, signal),
  });
}

/** Until it is there, what a list has of it. */
export function useImage(id: string) {
  const client = useQueryClient();
  return useQuery({ ...imageOptions(id), placeholderData: () => listedImage(client, id) });
}

/** The image as the server has it now, which the cache then has too. */
export function reread(client: QueryClient, id: string): Promise<Image> {
  return client.query({ ...imageOptions(id), staleTime: 0 });
}

export function versionOf(id: string): string | undefined {
  return versions.get(id);
}

export function rememberVersion(id: string, response: Response): void {
  const tag = response.headers.get("ETag");
  if (tag === null) versions.delete(id);
  else versions.set(id, tag);
}

async function readImage(id: string, signal?: AbortSignal): Promise<Image> {
  const { data, response } = await getImage({ path: { image_id: id }, ...(signal && { signal }) });
  // An answer that nobody takes any longer may be older than what took its place.
  signal?.throwIfAborted();
  rememberVersion(id, response);
  return data;
}
