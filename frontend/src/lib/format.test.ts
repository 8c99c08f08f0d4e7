import { expect, it } from "vitest";
import { shortened } from "./format";

it("leaves what is short enough as it is", () => {
  expect(shortened("A calm lake", 11)).toBe("A calm lake");
});

it("ends a longer text after a word", () => {
  expect(shortened("A calm lake in the morning", 14)).toBe("A calm lake…");
});

it("cuts where there are no spaces to cut at, and between characters", () => {
  expect(shortened("富士山 夕焼けの湖に映る", 8)).toBe("富士山 夕焼けの…");
  expect(shortened("🌊🌊🌊", 2)).toBe("🌊🌊…");
});
