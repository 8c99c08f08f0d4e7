import { describe, expect, it } from "vitest";
import { LIMITS } from "~/test/answers";
import { acceptOf, refusalOf } from "./checks";

const can = {
  limits: { ...LIMITS, image_bytes: 10_000_000 },
  formats: { input: ["jpeg", "png", "webp"], output: [], animated: [], transparent: [] },
};

const file = (name: string, type: string, size = 1000) => ({ name, type, size });

describe("a file that is chosen", () => {
  it.each([
    ["a.jpg", "image/jpeg"],
    ["A.JPEG", "image/jpeg"],
    ["no ending", "image/png"],
    ["unknown.webp", ""],
  ])("is sent: %s (%s)", (name, type) => {
    expect(refusalOf(file(name, type), can)).toBeUndefined();
  });

  it.each([
    ["scan.tiff", "image/tiff"],
    ["notes.txt", "text/plain"],
    ["anim.gif", "image/gif"],
    ["strange", ""],
    ["drawing.svg", "image/svg+xml"],
  ])("is refused with what is taken: %s (%s)", (name, type) => {
    expect(refusalOf(file(name, type), can)).toBe("Only JPEG, PNG and WebP pictures are taken.");
  });

  it("is refused when it is larger than an image may be, with both sizes", () => {
    expect(refusalOf(file("a.jpg", "image/jpeg", 10_000_000), can)).toBeUndefined();
    expect(refusalOf(file("a.jpg", "image/jpeg", 12_500_000), can)).toMatch(/13 MB.*10 MB/);
  });

  it("is refused when it is empty", () => {
    expect(refusalOf(file("a.jpg", "image/jpeg", 0), can)).toBe("The file is empty.");
  });
});

describe("the browser's dialog", () => {
  it("offers types and endings", () => {
    expect(acceptOf(["jpeg"])).toBe("image/jpeg,.jpg,.jpeg,.jpe,.jfif");
  });
});
