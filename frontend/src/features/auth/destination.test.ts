import { expect, it } from "vitest";
import { destination } from "./destination";

it.each(["/account/keys?made=1#top", "/library/0193569c", "/explore?search=a%2Fb"])(
  "leads to %s of this page",
  (to) => {
    expect(destination(to)).toBe(to);
  },
);

it.each([
  null,
  "",
  "library",
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example/",
  "\\\\evil.example/",
  "/..//evil.example/",
  "/\t/evil.example/",
  "javascript:alert(1)",
  "/sign-in?to=/sign-in",
])("leads to the library instead of %j", (to) => {
  expect(destination(to)).toBe("/library");
});
