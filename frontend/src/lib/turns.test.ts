import { expect, it } from "vitest";
import { newTurns } from "./turns";

it("gives each a turn, however many there are and however long they stay", () => {
  const next = newTurns(2);
  const ids = ["a", "b", "c", "d", "e"];
  const [first, second, third] = [next(ids), next(ids), next(ids)];
  expect([first, second]).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
  expect(third[0]).toBe("e");
  expect(next(ids)).toHaveLength(2);
});

it("comes again to those that had theirs", () => {
  const next = newTurns(2);
  expect([next(["a", "b", "c"]), next(["a", "b"]), next(["a", "b"])]).toEqual([
    ["a", "b"],
    ["a", "b"],
    ["a", "b"],
  ]);
});

it("puts what is new before what has been asked for", () => {
  const next = newTurns(1);
  next(["a", "b"]);
  expect(next(["a", "new", "b"])).toEqual(["new"]);
  expect(next(["a", "b"])).toEqual(["b"]);
});
