import { describe, expect, it } from "vitest";
import type { Filter } from "~/client";
import { UNTOUCHED } from "./edit";
import { editOf, startedFrom } from "./presets";
import { recipeOf } from "./recipe";

const amount = { name: "amount", url: null, does: "percent", required: false, default: 100 };
const FILTERS: Filter[] = [
  { name: "sepia", does: "", parameters: [{ ...amount, schema: { type: "number", minimum: 0, maximum: 100 } }] },
  {
    name: "tint",
    does: "",
    parameters: [
      { ...amount, schema: { type: "number", minimum: 0, maximum: 100 } },
      { ...amount, name: "color", does: "the colour", default: "704214", schema: { type: "string" } },
    ],
  },
];

describe("editOf", () => {
  it.each([
    "w=256,h=256,g=auto/r=max",
    "w=1200,h=630,g=auto",
    "crop=0.1:0.2:0.5:0.25/rot=90/w=800/fx=sepia:80/fx=tint:2f6f8f:60",
    "w=240,h=240,fit=pad,bg=ffd196/pd=20,bg=26304f/bg=ffffff/bo=8:f4f0e8/q=75",
    "w=320/wm=b64:wqkgQWl6ZW4,wx=12,wy=12,wo=0.8/f=jpeg,mb=90000",
    "w=320/wm=0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55@9f86d081,wg=ne,ws=0.2",
  ])("takes %s apart so that it is the same when it is written again", (recipe) => {
    const edit = editOf(recipe, FILTERS);
    expect(edit && recipeOf(edit, { width: 10, height: 10 })).toBe(recipe);
  });

  it.each([
    "trim=12/w=240",
    "r=20/w=300",
    "w=300,ar=21:9",
    "rot=12",
    "fx=unheard:3:4",
    "crop=10:10:200:200",
    "pd=1:2:3:4",
  ])("leaves %s, of which something would get lost", (recipe) => {
    expect(editOf(recipe, FILTERS)).toBeUndefined();
  });
});

it("keeps of the file what a preset says nothing of", () => {
  const before = { ...UNTOUCHED, radius: 9, output: { ...UNTOUCHED.output, format: "avif", quality: 40 } };
  const preset = { ...UNTOUCHED, output: { ...UNTOUCHED.output, quality: 75 } };
  const after = startedFrom(preset, before);
  expect(after.output).toMatchObject({ format: "avif", quality: 75 });
  expect(after.radius).toBeNull();
});
