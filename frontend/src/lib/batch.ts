/** One action on any number of images, in requests of as many as the API takes at once. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { type Batch, type Batched, changeImages } from "~/client";
import { plural } from "./format";
import { newIdempotencyKey } from "./idempotency";
import { imagesChanged, takeFromLists } from "./images";
import { messageOf } from "./problems";
import type { Selection } from "./selection";

export const MOST_AT_ONCE = 100;
/** What the server has not begun for want of time is sent again, as long as it gets on. */
const NOT_BEGUN = "not_begun";

const LEAVE_THE_LIST: ReadonlySet<string> = new Set(["trash", "restore", "delete"]);

export type BatchAction = Omit<Batch, "ids">;

export interface Failure {
  id: string;
  reason: string;
}

export interface Outcome {
  /** Done, accepted, or so already. */
  succeeded: string[];
  failed: Failure[];
  /** How many others now see and nobody has said for whom cannot see them what they show. */
  withoutAlt: number;
}

export function chunked<Item>(items: readonly Item[], size = MOST_AT_ONCE): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_none, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Never rejects: what could not be asked for has failed, and the rest after it was not tried. */
export async function runBatch(action: BatchAction, ids: readonly string[]): Promise<Outcome> {
  const outcome: Outcome = { succeeded: [], failed: [], withoutAlt: 0 };
  // The key holds for the action; the API asks for one where a repeat would make a second job.
  const headers = action.action === "transform" ? { "Idempotency-Key": newIdempotencyKey() } : {};
  let left = [...ids];
  while (left.length > 0) {
    const chunk = left.slice(0, MOST_AT_ONCE);
    try {
      const { data } = await changeImages({ body: { ...action, ids: chunk }, headers });
      const again = data.results.filter(isNotBegun).map(({ id }) => id);
      const begun = data.results.filter((result) => !isNotBegun(result));
      record(outcome, begun.length === 0 ? data.results : begun);
      left = begun.length === 0 ? left.slice(chunk.length) : [...again, ...left.slice(chunk.length)];
    } catch (error) {
      outcome.failed.push(...left.map((id) => ({ id, reason: messageOf(error) })));
      return outcome;
    }
  }
  return outcome;
}

function isNotBegun({ error }: Batched): boolean {
  return error?.code === NOT_BEGUN;
}

function record(outcome: Outcome, results: readonly Batched[]): void {
  for (const { id, status, error, warnings } of results) {
    if (warnings.includes("alt_missing")) outcome.withoutAlt += 1;
    if (status === "failed") outcome.failed.push({ id, reason: error?.detail ?? "It failed." });
    else outcome.succeeded.push(id);
  }
}

/** The reasons, the most frequent first: "Too many requests. (40 images)". */
export function reasonsOf(failed: readonly Failure[]): string[] {
  const counts = new Map<string, number>();
  for (const { reason } of failed) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([reason, count]) => (counts.size === 1 ? reason : `${reason} (${plural(count, "image")})`));
}

export interface BatchState {
  /** What is being done, if something is. */
  running: BatchAction["action"] | undefined;
  /** What has failed of the last batch, until it is dismissed. */
  problem: { failed: readonly Failure[]; of: number } | undefined;
  dismiss: () => void;
  run: (action: BatchAction, ids: readonly string[]) => Promise<Outcome>;
}

/** Batches on what is chosen: those that failed stay chosen, and the lists show what has changed. */
export function useBatch({ choose }: Pick<Selection, "choose">): BatchState {
  const client = useQueryClient();
  const [running, setRunning] = useState<BatchAction["action"]>();
  const [problem, setProblem] = useState<BatchState["problem"]>();
  const run = useCallback<BatchState["run"]>(
    async (action, ids) => {
      setRunning(action.action);
      setProblem(undefined);
      const outcome = await runBatch(action, ids);
      setRunning(undefined);
      if (LEAVE_THE_LIST.has(action.action)) takeFromLists(client, outcome.succeeded);
      if (outcome.failed.length > 0) {
        setProblem({ failed: outcome.failed, of: ids.length });
        choose(outcome.failed.map(({ id }) => id));
      }
      void imagesChanged(client);
      return outcome;
    },
    [client, choose],
  );
  return { running, problem, dismiss: () => setProblem(undefined), run };
}
