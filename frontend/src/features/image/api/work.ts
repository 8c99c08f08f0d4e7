/** How far the work on an image is: told as it goes on, and begun anew. */
import { type QueryClient, type QueryState, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { type Image, type Status, describeImage, getImageStatus, retryImage } from "~/client";
import { getImageStatusQueryKey } from "~/client/@tanstack/react-query.gen";
import { imagesChanged } from "~/lib/images";
import { ApiError, hasStatus } from "~/lib/problems";
import { told } from "~/lib/told";
import { reread } from "./image";

/** The server holds its answer for so long, until there is news. */
const WAIT_SECONDS = 10;
const PAUSE_MS = 500;
/** Pauses grow to this at most while the server refuses or does not answer. */
const MAX_PAUSE_MS = 60_000;
/** The ETag of the newest answer, by which the server knows what would be news. */
const tags = new Map<string, string>();

export function isUnderWay(status: Status): boolean {
  return status.work.some(({ state }) => state === "waiting" || state === "pending" || state === "working");
}

/** Asks as long as work goes on; the image is read again when it has got further. */
export function useStatus(image: Image) {
  const client = useQueryClient();
  const key = statusKey(image.id);
  const status = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => readStatus(image.id, client.getQueryData<Status>(key), signal),
    refetchInterval: ({ state }) => pauseAfter(state),
  });
  const news = status.data?.updated_at;
  useEffect(() => {
    if (news !== undefined && news > image.updated_at)
      void reread(client, image.id)
        .then(() => imagesChanged(client))
        .catch(() => undefined); // The next look at the image tells why.
    // Only what the status tells is news: an edit makes the image newer than it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [client, image.id, news]);
  return status;
}

type Look = Pick<QueryState<Status>, "data" | "error" | "dataUpdatedAt" | "errorUpdatedAt">;

/** Milliseconds until the status is asked for again; false where no more is to be expected. */
export function pauseAfter({ data, error, dataUpdatedAt, errorUpdatedAt }: Look): number | false {
  if (data === undefined || !isUnderWay(data) || hasStatus(error, 404)) return false;
  if (error === null) return PAUSE_MS;
  if (error instanceof ApiError && error.retryAfter !== undefined) return Math.max(error.retryAfter * 1000, PAUSE_MS);
  // As long again as it has been failing: each pause is about twice the one before.
  return Math.min(Math.max(errorUpdatedAt - dataUpdatedAt, 2 * PAUSE_MS), MAX_PAUSE_MS);
}

/** Its variable is the image's id: another image may be shown by the time of the answer. */
export function useRetry() {
  return useBegin((id) => retryImage({ path: { image_id: id } }), "It could not be tried again");
}

/** As `useRetry`. */
export function useDescribe() {
  return useBegin((id) => describeImage({ path: { image_id: id } }), "It could not be described again");
}

function useBegin(begin: (id: string) => Promise<{ data: Status }>, failure: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: begin,
    onSuccess: ({ data }, id) => accept(client, id, data),
    onError: (error) => told.failed(error, failure),
  });
}

async function accept(client: QueryClient, id: string, status: Status): Promise<void> {
  // A look that is still being waited for would bring what was before.
  await client.cancelQueries({ queryKey: statusKey(id) });
  tags.delete(id);
  client.setQueryData(statusKey(id), status);
  await client.invalidateQueries({ queryKey: statusKey(id) });
  await reread(client, id);
  await imagesChanged(client);
}

async function readStatus(id: string, known: Status | undefined, signal: AbortSignal): Promise<Status> {
  const tag = tags.get(id);
  const waits = known !== undefined && tag !== undefined && isUnderWay(known);
  try {
    const { data, response } = await getImageStatus({
      path: { image_id: id },
      headers: waits ? { Prefer: `wait=${WAIT_SECONDS}`, "If-None-Match": tag } : {},
      signal,
    });
    tags.set(id, response.headers.get("ETag") ?? "");
    return data;
  } catch (error) {
    if (known !== undefined && hasStatus(error, 304)) return known;
    throw error;
  }
}

function statusKey(id: string) {
  return getImageStatusQueryKey({ path: { image_id: id } });
}
