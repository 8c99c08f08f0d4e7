import { act, renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { NONE, extended, toggled, useSelection, within } from "./selection";

const ORDER = ["a", "b", "c", "d", "e"];

describe("a selection", () => {
  it("toggles, and remembers from where a range reaches", () => {
    const one = toggled(NONE, "b");
    expect([...one.ids]).toEqual(["b"]);
    expect(one.anchor).toBe("b");
    expect(toggled(one, "b").ids.size).toBe(0);
  });

  it.each([
    ["b", "d", ["b", "c", "d"]],
    ["d", "b", ["b", "c", "d"]],
    ["c", "c", ["c"]],
  ])("reaches from %s to %s", (from, to, expected) => {
    expect([...extended(toggled(NONE, from), to, ORDER).ids].sort()).toEqual(expected);
  });

  it("adds a range to what was chosen, and keeps the anchor for the next one", () => {
    const chosen = extended(toggled(toggled(NONE, "a"), "c"), "d", ORDER);
    expect([...chosen.ids].sort()).toEqual(["a", "c", "d"]);
    expect([...extended(chosen, "e", ORDER).ids].sort()).toEqual(["a", "c", "d", "e"]);
  });

  it("takes one alone where the anchor is not in the list any more", () => {
    expect([...extended({ ids: new Set(), anchor: "gone" }, "c", ORDER).ids]).toEqual(["c"]);
  });

  it("loses what the list loses, so that nothing is done to what nobody sees", () => {
    expect([...within({ ids: new Set(["a", "gone"]), anchor: "a" }, ORDER).ids]).toEqual(["a"]);
  });

  it("follows the list that it is on", () => {
    const { result, rerender } = renderHook(({ order }) => useSelection(order), { initialProps: { order: ORDER } });
    act(() => result.current.chooseAll());
    expect(result.current.ids.size).toBe(5);
    rerender({ order: ["a", "e"] });
    expect([...result.current.ids]).toEqual(["a", "e"]);
    act(() => result.current.clear());
    expect(result.current.isChoosing).toBe(false);
  });

  it("can be begun with nothing chosen, where nothing hovers", () => {
    const { result } = renderHook(() => useSelection(ORDER));
    act(() => result.current.begin());
    expect(result.current.isChoosing).toBe(true);
  });
});
