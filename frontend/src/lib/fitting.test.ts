import { expect, it } from "vitest";
import { fitted } from "./fitting";

const ROOM = { width: 1000, height: 600 };

it("fits a picture into its room in the picture's shape", () => {
  expect(fitted({ width: 4000, height: 3000 }, ROOM)).toEqual({ width: 800, height: 600 });
  expect(fitted({ width: 1000, height: 2000 }, ROOM)).toEqual({ width: 300, height: 600 });
});

it("shows no picture larger than it is", () => {
  expect(fitted({ width: 40, height: 30 }, ROOM)).toEqual({ width: 40, height: 30 });
});

it("leaves a line of a picture visible, however long it is", () => {
  expect(fitted({ width: 8000, height: 2 }, ROOM)).toEqual({ width: 1000, height: 1 });
});
