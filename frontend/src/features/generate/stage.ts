/** How far an ordered picture is, in the words of its card. */
import type { Image, Job, Status } from "~/client";

export type Stage =
  | { is: "waiting"; place: number | undefined }
  | { is: "painting"; progress: number }
  | { is: "preparing" }
  | { is: "failed"; reason: string }
  | { is: "ready" };

/** Whether the picture, or a part of its sizes, is still to come. */
export function isUnsettled({ status }: Pick<Image, "status">): boolean {
  return status === "generating" || status === "processing";
}

/** By the image, and by what is known of its job and of its work; either may be missing, as nobody has asked yet or it is forgotten. */
export function stageOf(image: Pick<Image, "status">, job: Job | undefined, status: Status | undefined): Stage {
  if (image.status === "ready") return { is: "ready" };
  if (image.status === "failed") return { is: "failed", reason: reasonOf(job, status) };
  if (image.status === "processing" || job?.status === "done") return { is: "preparing" };
  if (job?.status === "failed") return { is: "failed", reason: reasonOf(job, status) };
  if (job?.status === "working") return { is: "painting", progress: job.progress };
  const painting = status?.work.find(({ kind }) => kind === "generation")?.state;
  if (job === undefined && painting === "working") return { is: "painting", progress: 0 };
  return { is: "waiting", place: job?.place ?? undefined };
}

export function wordsOf(stage: Stage): string {
  switch (stage.is) {
    case "waiting":
      if (stage.place === undefined) return "Waiting for its turn";
      return stage.place === 1 ? "Next to be painted" : `Number ${stage.place} in the queue`;
    case "painting":
      return "Being painted";
    case "preparing":
      return "Painted. Preparing its sizes";
    case "failed":
      return "It could not be painted";
    case "ready":
      return "Ready";
  }
}

function reasonOf(job: Job | undefined, status: Status | undefined): string {
  const failed = status?.work.find(({ state, error }) => state === "failed" && error !== null);
  return failed?.error?.detail || job?.error?.detail || "";
}
