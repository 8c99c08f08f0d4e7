import { expect, it } from "vitest";
import { keyNames } from "./keyNames";

const elsewhere = { isMac: false };

it("names the keys that are pressed together, with Shift where it makes the difference", () => {
  expect(keyNames("mod+z", elsewhere)).toEqual(["Ctrl Z"]);
  expect(keyNames("mod+Z", elsewhere)).toEqual(["Ctrl Shift Z"]);
  expect(keyNames("mod+Enter", elsewhere)).toEqual(["Ctrl Enter"]);
});

it("names Command on a Mac", () => {
  expect(keyNames("mod+Z", { isMac: true })).toEqual(["⌘ Shift Z"]);
});

it("keeps apart what is pressed one after the other", () => {
  expect(keyNames("g l", elsewhere)).toEqual(["G", "L"]);
  expect(keyNames("ArrowLeft", elsewhere)).toEqual(["←"]);
});
