/** Background work in words. */
import type { WorkCount, WorkItem, WorkSummary } from "~/client";

export type WorkState = WorkItem["state"];

export const STATES: Readonly<Record<WorkState, string>> = {
  failed: "Failed",
  working: "Under way",
  pending: "In the queue",
  waiting: "Waiting for other work",
  done: "Done",
};

const KINDS: Readonly<Record<string, string>> = {
  variants: "Variants",
  description: "Description",
  fingerprints: "Fingerprints",
  generation: "Generated picture",
  transformation: "Transformation",
  close_account: "Closing an account",
  examine_integrity: "Integrity report",
  send_verification: "E-mail: confirm the address",
  send_somebody_tried: "E-mail: somebody tried to register",
  send_change: "E-mail: confirm the new address",
  send_change_asked: "E-mail: a change of address was asked for",
  send_changed: "E-mail: the address was changed",
  send_password_reset: "E-mail: reset the password",
  send_password_was_reset: "E-mail: the password was reset",
  send_password_changed: "E-mail: the password was changed",
  send_key_made: "E-mail: an API key was made",
};

/** Those whose subject is an image. */
const OF_IMAGES = new Set(["variants", "description", "fingerprints", "generation"]);

export function kindName(kind: string): string {
  return KINDS[kind] ?? kind.replaceAll("_", " ");
}

export function isOfImage(kind: string): boolean {
  return OF_IMAGES.has(kind);
}

/** Letters are sent again only if somebody names their kind: nobody wants last month's. */
export function isLetter(kind: string): boolean {
  return kind.startsWith("send_");
}

/** The kinds to choose from: those that are known here, that there is work of, and the one that is chosen. */
export function kindOptions(counts: readonly WorkCount[], chosen: string | undefined): Record<string, string> {
  const names = new Set([...Object.keys(KINDS), ...counts.map(({ kind }) => kind), ...(chosen ? [chosen] : [])]);
  return Object.fromEntries([...names].map((kind) => [kind, kindName(kind)]));
}

/** How many pieces `POST /jobs/retry` would run again for that kind, or for undefined of all kinds but letters. */
export function retriable({ counts }: Pick<WorkSummary, "counts">, kind: string | undefined): number {
  return sum(
    counts.filter(
      (each) => each.state === "failed" && (kind === undefined ? !isLetter(each.kind) : each.kind === kind),
    ),
  );
}

/** The unfinished work as a table: a row for each kind, the most failures first. */
export function workRows(counts: readonly WorkCount[]): WorkRow[] {
  const rows = new Map<string, WorkRow>();
  for (const { kind, state, count } of counts) {
    const row = rows.get(kind) ?? { kind, failed: 0, working: 0, pending: 0, waiting: 0 };
    if (isUnfinished(state)) row[state] += count;
    rows.set(kind, row);
  }
  return [...rows.values()].sort((one, other) => other.failed - one.failed || one.kind.localeCompare(other.kind));
}

export interface WorkRow extends Record<UnfinishedState, number> {
  kind: string;
}

type UnfinishedState = Exclude<WorkState, "done">;

function isUnfinished(state: string): state is UnfinishedState {
  return state !== "done" && state in STATES;
}

function sum(counts: readonly WorkCount[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}
