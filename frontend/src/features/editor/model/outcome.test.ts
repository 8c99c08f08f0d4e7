import { expect, it } from "vitest";
import { sizeLine, warningText } from "./outcome";

const line = (before: number, after: number) => sizeLine(before, after).replaceAll("\u00a0", " ");

it("tells what is saved, or added", () => {
  expect(line(1_800_000, 240_000)).toMatch(/^1\.8 MB → 240 kB, 87 % smaller$/i);
  expect(line(100_000, 150_000)).toMatch(/, 50 % larger$/);
  expect(line(1_000, 25_000)).toMatch(/, 25 times as large$/);
  expect(line(1_000, 1_000)).toMatch(/, the same size$/);
});

it("never says that everything was saved", () => {
  expect(line(10_000_000, 1)).toMatch(/, 99 % smaller$/);
});

it("has words for a warning, and says one that it does not know as it is", () => {
  expect(warningText("provenance_dropped")).toContain("GIF");
  expect(warningText("moon_too_bright")).toBe("moon too bright");
});
