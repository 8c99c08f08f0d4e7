import { expect, it } from "vitest";
import { UNTOUCHED } from "./edit";
import { type History, begun, changed } from "./history";

function radius(history: History, value: number, at: number, label = "Round corners"): History {
  return changed(history, { kind: "change", label, at, edit: (before) => ({ ...before, radius: value }) });
}

it("goes back and forth through what was changed", () => {
  let history = radius(radius(begun(UNTOUCHED), 10, 0), 20, 5000, "Rounder");
  history = changed(history, { kind: "undo" });
  expect(history.present.edit.radius).toBe(10);
  expect(history.future[0]?.label).toBe("Rounder");
  history = changed(history, { kind: "undo" });
  expect(history.present.edit).toEqual(UNTOUCHED);
  history = changed(changed(history, { kind: "redo" }), { kind: "redo" });
  expect(history.present.edit.radius).toBe(20);
});

it("takes a slider's way as one step, and the next time as another", () => {
  let history = begun(UNTOUCHED);
  for (const at of [0, 300, 600, 900]) history = radius(history, at + 1, at);
  history = radius(history, 7, 9000);
  expect(history.past).toHaveLength(2);
  expect(changed(history, { kind: "undo" }).present.edit.radius).toBe(901);
});

it("does not join what was undone with what is changed next", () => {
  let history = radius(radius(begun(UNTOUCHED), 10, 0), 20, 5000, "Rounder");
  history = radius(changed(history, { kind: "undo" }), 30, 100);
  expect(changed(history, { kind: "undo" }).present.edit.radius).toBe(10);
  expect(history.future).toEqual([]);
});

it("has nothing to undo at the beginning, and counts no change that changes nothing", () => {
  const start = begun(UNTOUCHED);
  expect(changed(start, { kind: "undo" })).toEqual(start);
  expect(changed(start, { kind: "change", label: "Nothing", at: 0, edit: (before) => ({ ...before }) })).toBe(start);
});
