import { describe, expect, it } from "vitest";
import type { GenerationLimits, Image } from "~/client";
import { changesOf, emptyWish, lengthOf, orderOf, presetsOf, promptProblem, sideProblem, wishOf } from "./wish";

const LIMITS: GenerationLimits = {
  painters: ["huggingface"],
  models: ["flux", "other"],
  prompt_characters: 20,
  smallest_side: 64,
  largest_side: 2048,
  default_side: 1024,
  most_steps: 150,
  largest_seed: 4294967295,
  per_day: 100,
  rate: "20 per minute",
};

type Made = Pick<Image, "prompt" | "generation" | "title" | "tags">;

const MADE: Made = {
  prompt: "a river",
  title: "River",
  tags: ["water"],
  generation: {
    negative_prompt: "boats",
    width: 1024,
    height: 768,
    seed: 42,
    steps: 30,
    model: "flux",
    provider: "huggingface",
  },
};

describe("a remix", () => {
  const former = wishOf(MADE, LIMITS);

  it("sends nothing where nothing was changed", () => {
    expect(changesOf(former, former)).toEqual({});
  });

  it("sends only what was changed", () => {
    expect(changesOf({ ...former, prompt: "a lake", width: 768, tags: [] }, former)).toEqual({
      prompt: "a lake",
      width: 768,
      tags: [],
    });
  });

  it("says that what was left out is left out no more", () => {
    expect(changesOf({ ...former, negative_prompt: " " }, former)).toEqual({ negative_prompt: "" });
  });

  it("names the seed to keep it, though it is the same", () => {
    expect(changesOf({ ...former, isSeedKept: true }, former)).toEqual({ seed: 42 });
  });

  it("fills in sides that are possible here, and does not send them as changed", () => {
    const smaller = wishOf(MADE, { ...LIMITS, largest_side: 512 });
    expect([smaller.width, smaller.height]).toEqual([512, 384]);
    expect(changesOf(smaller, smaller)).toEqual({});
  });

  it("names no model that is not asked any more", () => {
    expect(wishOf(MADE, { ...LIMITS, models: ["other"] }).model).toBe("");
  });
});

describe("an order", () => {
  it("sends what is filled in, and a seed only where it is kept", () => {
    const wish = { ...emptyWish(LIMITS), prompt: " a river ", seed: 7 };
    expect(orderOf(wish)).toEqual({ prompt: "a river", width: 1024, height: 1024 });
    expect(orderOf({ ...wish, isSeedKept: true, steps: 20, title: "River" })).toEqual({
      prompt: "a river",
      width: 1024,
      height: 1024,
      seed: 7,
      steps: 20,
      title: "River",
    });
  });
});

describe("sizes", () => {
  it.each([64, 2048, "100"])("of %s pixels are possible", (side) => expect(sideProblem(side, LIMITS)).toBeNull());

  it.each([63, 2049, 100.5, "", "wide"])("of %s pixels are not", (side) =>
    expect(sideProblem(side, LIMITS)).toBe("Must be between 64 and 2048."),
  );

  it("of the presets keep within the installation's bounds", () => {
    for (const limits of [LIMITS, { ...LIMITS, default_side: 64, largest_side: 64 }])
      for (const { width, height } of presetsOf(limits))
        expect([sideProblem(width, limits), sideProblem(height, limits)]).toEqual([null, null]);
  });
});

describe("a prompt", () => {
  it("is counted as the API counts: an emoji is one character, and blanks around it none", () => {
    expect(lengthOf(" 🌊a ")).toBe(2);
  });

  it("must say something, and not too much", () => {
    expect(promptProblem("  ", LIMITS)).toBe("Say what the picture is to show.");
    expect(promptProblem("x".repeat(20), LIMITS)).toBeNull();
    expect(promptProblem("x".repeat(21), LIMITS)).toBe("May have at most 20 characters.");
  });
});
