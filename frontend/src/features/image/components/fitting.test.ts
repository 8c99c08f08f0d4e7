import { expect, it } from "vitest";
import { fitted } from "./fitting";

it("is as large as the room allows in its own shape, and never larger than the picture", () => {
  expect(fitted({ width: 4000, height: 3000 }, { width: 1000, height: 600 })).toEqual({ width: 800, height: 600 });
  expect(fitted({ width: 1000, height: 2000 }, { width: 1000, height: 600 })).toEqual({ width: 300, height: 600 });
  expect(fitted({ width: 40, height: 30 }, { width: 1000, height: 600 })).toEqual({ width: 40, height: 30 });
});
