/** A picture that is not there yet, followed until it is. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Image } from "~/client";
import { getJob } from "~/client";
import { getImageOptions, getImageStatusOptions, getJobQueryKey } from "~/client/@tanstack/react-query.gen";
import { hasStatus } from "~/lib/problems";
import { type Stage, isUnsettled, stageOf } from "../stage";
import { jobs } from "./jobs";
import { settle } from "./orders";

/** Seconds that the server may hold its answer. A browser has six connections to it, so only the picture that comes next waits like that. */
const HELD_SECONDS = 2;
const HELD_AGAIN_MS = 250;
const ASKED_AGAIN_MS = 4000;

interface Following {
  stage: Stage;
  /** What there is to cancel. */
  jobId: string | undefined;
}

export function useFollowing(image: Image, { isNext }: { isNext: boolean }): Following {
  const jobId = jobs.of(image.id);
  const isGenerating = image.status === "generating";
  const job = useJob(jobId, { isEnabled: isGenerating, isNext });
  const isPainted = job.data?.status === "done" || job.data?.status === "failed" || hasStatus(job.error, 404);
  useImageUntilSettled(image, { isSoon: isPainted || image.status === "processing" });
  const status = useQuery({
    ...getImageStatusOptions({ path: { image_id: image.id } }),
    enabled: image.status === "failed" || (isGenerating && jobId === undefined),
    refetchInterval: isGenerating ? ASKED_AGAIN_MS : false,
  });
  const isTaken = job.data?.status === "done" || !isGenerating;
  return {
    stage: stageOf(image, isGenerating ? job.data : undefined, status.data),
    jobId: isTaken ? undefined : jobId,
  };
}

function useJob(jobId: string | undefined, { isEnabled, isNext }: { isEnabled: boolean; isNext: boolean }) {
  const path = { job_id: jobId ?? "" };
  return useQuery({
    queryKey: getJobQueryKey({ path }),
    queryFn: async ({ signal }) => {
      const headers = isNext ? { Prefer: `wait=${HELD_SECONDS}` } : {};
      const { data } = await getJob({ path, headers, signal, throwOnError: true });
      return data;
    },
    enabled: isEnabled && jobId !== undefined,
    staleTime: 0,
    refetchInterval: ({ state }) => {
      if (state.data?.status === "done" || state.data?.status === "failed" || hasStatus(state.error, 404)) return false;
      return isNext && state.error === null ? HELD_AGAIN_MS : ASKED_AGAIN_MS;
    },
  });
}

/** Asks for the image until it is ready or has failed, and then puts it where the others are. */
function useImageUntilSettled(image: Image, { isSoon }: { isSoon: boolean }): void {
  const client = useQueryClient();
  const isFollowed = isUnsettled(image);
  const { data } = useQuery({
    ...getImageOptions({ path: { image_id: image.id } }),
    enabled: isFollowed,
    staleTime: 0,
    // One that was deleted meanwhile is asked for no more.
    refetchInterval: ({ state }) =>
      hasStatus(state.error, 404) ? false : isSoon && state.error === null ? 1000 : 2 * ASKED_AGAIN_MS,
  });
  useEffect(() => {
    if (isFollowed && data !== undefined && data.status !== image.status && data.updated_at >= image.updated_at)
      settle(client, data);
  }, [client, data, image, isFollowed]);
}
