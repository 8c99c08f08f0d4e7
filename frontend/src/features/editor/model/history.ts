/** Undo and redo: every state of the edit that was, and what had brought it. */
import { type Edit, isSame } from "./edit";

interface Entry {
  edit: Edit;
  /** What brought this state: "Crop", "Brightness". */
  label: string;
  at: number;
}

export interface History {
  past: readonly Entry[];
  present: Entry;
  future: readonly Entry[];
}

export type Change =
  { kind: "change"; edit: (before: Edit) => Edit; label: string; at: number } | { kind: "undo" } | { kind: "redo" };

/** Moves of one slider that follow each other this closely are one step back. */
const TOGETHER_MS = 800;
const MOST = 100;

export function begun(edit: Edit): History {
  return { past: [], present: { edit, label: "", at: -Infinity }, future: [] };
}

export function changed(history: History, change: Change): History {
  if (change.kind === "undo") return undone(history);
  if (change.kind === "redo") return redone(history);
  const { past, present } = history;
  const edit = change.edit(present.edit);
  if (isSame(edit, present.edit)) return history;
  const next = { edit, label: change.label, at: change.at };
  const continues = present.label === change.label && change.at - present.at < TOGETHER_MS && past.length > 0;
  return { past: continues ? past : [...past, present].slice(-MOST), present: next, future: [] };
}

function undone({ past, present, future }: History): History {
  const before = past.at(-1);
  if (before === undefined) return { past, present, future };
  return { past: past.slice(0, -1), present: ended(before), future: [present, ...future] };
}

function redone({ past, present, future }: History): History {
  const [next, ...later] = future;
  if (next === undefined) return { past, present, future };
  return { past: [...past, present], present: ended(next), future: later };
}

/** What is changed next is a step of its own. */
function ended(entry: Entry): Entry {
  return { ...entry, at: -Infinity };
}
