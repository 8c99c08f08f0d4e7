/** Orders of pictures: made, followed while they are painted, called off, tried again. */
import { type QueryClient, type InfiniteData, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type { Image, Ordered } from "~/client";
import { deleteJob, generateImage, remixImage, retryImage } from "~/client";
import { getImageStatusQueryKey, getJobQueryKey } from "~/client/@tanstack/react-query.gen";
import { newIdempotencyKey } from "~/lib/idempotency";
import { imageChanged, imageGone } from "~/lib/images";
import type { Page } from "~/lib/pages";
import { hasStatus } from "~/lib/problems";
import { told } from "~/lib/told";
import { type Wish, changesOf, orderOf } from "../wish";
import { HISTORY } from "./history";
import { jobs } from "./jobs";

/** What a remix is made from: the image, and the form as it has filled it. */
export interface Former {
  image: Image;
  wish: Wish;
}

/** Orders; the picture stands in the history at once. A repeat of what was not answered is the same order, by its Idempotency-Key. */
export function useOrder(): (wish: Wish, former: Former | undefined) => Promise<Ordered> {
  const client = useQueryClient();
  const unanswered = useRef<{ order: string; key: string }>(undefined);
  return async (wish, former) => {
    const body = former ? changesOf(wish, former.wish) : orderOf(wish);
    const order = JSON.stringify([former?.image.id, body]);
    if (unanswered.current?.order !== order) unanswered.current = { order, key: newIdempotencyKey() };
    const headers = { "Idempotency-Key": unanswered.current.key };
    const { data } = former
      ? await remixImage({ path: { image_id: former.image.id }, body, headers, throwOnError: true })
      : await generateImage({ body: orderOf(wish), headers, throwOnError: true });
    unanswered.current = undefined;
    const job = jobIdOf(data.links.job);
    if (job !== undefined) jobs.remember(data.id, job);
    prepend(client, data);
    return data;
  };
}

/** The order is off. Where its picture was quicker, it stays. */
export function useCancel(image: Image) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (jobId: string) => {
      try {
        await deleteJob({ path: { job_id: jobId } });
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
      }
    },
    onSuccess: () => {
      drop(client, image.id);
      imageGone(client, image.id);
    },
    onError: (error) => told.failed(error, "The order could not be cancelled"),
  });
}

/** What has failed is tried once more. */
export function useRetry(image: Image) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const { data } = await retryImage({ path: { image_id: image.id }, throwOnError: true });
      return data;
    },
    onSuccess: (status) => {
      // What was heard of it is past.
      void client.resetQueries({ queryKey: getImageStatusQueryKey({ path: { image_id: image.id } }) });
      const job = jobs.of(image.id);
      if (job !== undefined) void client.resetQueries({ queryKey: getJobQueryKey({ path: { job_id: job } }) });
      settle(client, { ...image, status: status.status, updated_at: status.updated_at });
    },
    onError: (error) => told.failed(error, "It could not be tried again"),
  });
}

/** The image as it is now, in the history and everywhere else. */
export function settle(client: QueryClient, image: Image): void {
  edit(client, (items) => items.map((each) => (each.id === image.id ? image : each)));
  imageChanged(client, image);
}

function prepend(client: QueryClient, image: Image): void {
  const known = client.getQueryData<InfiniteData<Page<Image>>>(HISTORY);
  if (known !== undefined) edit(client, (items, page) => (page === 0 ? [image, ...items] : items), image.id);
  imageChanged(client, image);
}

function drop(client: QueryClient, id: string): void {
  edit(client, (items) => items.filter((each) => each.id !== id));
}

function edit(client: QueryClient, change: (items: Image[], page: number) => Image[], unlessThere?: string): void {
  client.setQueryData<InfiniteData<Page<Image>>>(HISTORY, (known) => {
    if (known === undefined) return undefined;
    if (known.pages.some(({ items }) => items.some(({ id }) => id === unlessThere))) return known;
    return { ...known, pages: known.pages.map((page, index) => ({ ...page, items: change(page.items, index) })) };
  });
}

function jobIdOf(address: string): string | undefined {
  return /\/jobs\/([0-9a-f-]{36})$/.exec(address)?.[1];
}
