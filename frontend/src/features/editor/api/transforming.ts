/** The file itself: how large it is, and keeping it as an image of its own. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Job, type Transformed, deleteJob, getJob, transformImage } from "~/client";
import { imagesChanged } from "~/lib/images";
import { ApiError } from "~/lib/problems";

const FRESH_MS = 10 * 60_000;

/** Made by the API, not estimated: width, height, bytes, warnings. What was made before is answered from its cache. */
export function useOutcome(imageId: string, recipe: string, isWanted = true) {
  return useQuery({
    queryKey: ["editorOutcome", imageId, recipe],
    queryFn: async ({ signal }) => {
      const { data } = await transformImage({ path: { image_id: imageId }, body: { recipe }, signal });
      return isJob(data) ? whenDone(data, signal) : data;
    },
    enabled: isWanted,
    staleTime: FRESH_MS,
    gcTime: FRESH_MS,
    placeholderData: keepPreviousData,
  });
}

interface Keeping {
  recipe: string;
  /** The same for a repeat of the same wish, so that it makes one image. */
  idempotencyKey: string;
  /** Whether a worker makes it, which has more time. */
  isSlow: boolean;
}

/** Keeps the result as a new image, whose id it answers. */
export function useSaveAsNew(imageId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ recipe, idempotencyKey, isSlow }: Keeping) => {
      const { data } = await transformImage({
        path: { image_id: imageId },
        body: { recipe, save: true, ...(isSlow && { mode: "async" as const }) },
        headers: { "Idempotency-Key": idempotencyKey },
      });
      return (isJob(data) ? await whenDone(data) : data).id;
    },
    onSuccess: () => imagesChanged(client),
  });
}

/** Large pictures are made by a worker. */
async function whenDone(job: Job, signal?: AbortSignal): Promise<Transformed> {
  const path = { job_id: job.id };
  let now = job;
  try {
    while (now.status === "pending" || now.status === "working") {
      const { data } = await getJob({ path, headers: { Prefer: "wait=10" }, ...(signal && { signal }) });
      now = data;
    }
  } catch (error) {
    if (signal?.aborted) void deleteJob({ path }).catch(() => undefined);
    throw error;
  }
  if (now.status === "done" && isTransformed(now.result)) return now.result;
  throw new ApiError(
    { code: now.error?.code ?? "failed", detail: now.error?.detail ?? "The picture could not be made." },
    { status: 422 },
  );
}

function isJob(answer: Transformed | Job): answer is Job {
  return "kind" in answer;
}

function isTransformed(result: unknown): result is Transformed {
  return typeof result === "object" && result !== null && "bytes" in result && "width" in result && "id" in result;
}
