import { expect, it } from "vitest";
import { mergedTags } from "./editing";

it("keeps the tags that both sides add, and drops those that either takes away", () => {
  expect(mergedTags(["a", "b"], ["a", "mine"], ["a", "b", "theirs"])).toEqual(["a", "theirs", "mine"]);
  expect(mergedTags(["a"], ["a", "new"], ["new"])).toEqual(["new"]);
});
