import { describe, expect, it } from "vitest";
import type { Filter } from "~/client";
import { RESIZE, UNTOUCHED, WATERMARK } from "./edit";
import { finalSides, turnedSides } from "./geometry";
import { previewOutput, previewSteps } from "./preview";
import { join } from "./recipe";

const SOURCE = { width: 4000, height: 3000 };
const schema = { type: "number", minimum: 0.1, maximum: 100 };
const FILTERS: Filter[] = [
  {
    name: "blur",
    does: "",
    parameters: [{ name: "amount", url: null, does: "σ in pixels", required: false, default: 2, schema }],
  },
  {
    name: "sepia",
    does: "",
    parameters: [{ name: "amount", url: null, does: "percent", required: false, default: 100, schema }],
  },
];

function preview(edit: Partial<typeof UNTOUCHED>, longest = 1000): string {
  return join(previewSteps({ ...UNTOUCHED, ...edit }, SOURCE, longest, FILTERS));
}

describe("previewSteps", () => {
  it("asks for no more pixels than the stage shows", () => {
    expect(preview({})).toBe("w=1000");
    expect(preview({ quarters: 1 })).toBe("rot=90/w=750");
    expect(preview({ resize: { ...RESIZE, width: 2000, height: 2000, fit: "cover" } })).toBe("w=1000,h=1000");
  });

  it("asks for the file itself where that is small", () => {
    expect(preview({ resize: { ...RESIZE, width: 640 }, radius: 12 })).toBe("w=640/r=12");
  });

  it("shrinks with the picture what is measured in pixels, and nothing else", () => {
    const filters = [
      { name: "blur", values: { amount: 8 } },
      { name: "sepia", values: { amount: 80 } },
    ];
    expect(preview({ filters, radius: 100 })).toBe("w=1000/fx=blur:2/fx=sepia:80/r=25");
    expect(preview({ filters: [{ name: "blur", values: { amount: 0.2 } }] })).toBe("w=1000/fx=blur:0.1");
    const watermark = { ...WATERMARK, text: "a", margin: 40, opacity: 1 };
    expect(preview({ watermark })).toBe("w=1000/wm=b64:YQ,wx=10,wy=10");
  });

  it("shrinks a picture before it is levelled, which reads every pixel", () => {
    expect(preview({ tilt: 3 })).toMatch(/^w=10\d\d\/rot=3,bg=ffffff\/crop=[\d.:]+\/w=1000$/);
  });

  it("shrinks once where the file is shrunk before the tilt too", () => {
    const source = { ...SOURCE, mostSide: 3000 };
    const steps = join(previewSteps({ ...UNTOUCHED, tilt: 3 }, source, 1000, FILTERS));
    expect(steps).toMatch(/^w=10\d\d\/rot=3,bg=ffffff\/crop=[\d.:]+\/w=1000$/);
  });

  it("leaves out the largest size, which means nothing for another picture", () => {
    const output = { format: "webp", quality: 60, maxBytes: 9000, metadata: "none" } as const;
    expect(join(previewOutput({ ...UNTOUCHED, output }))).toBe("q=60");
  });
});

describe("sides", () => {
  it("keep the picture's shape where the corners of a tilt are cut off", () => {
    const { width, height } = turnedSides({ ...UNTOUCHED, tilt: 10 }, SOURCE);
    expect(width / height).toBeCloseTo(4 / 3, 5);
    expect(width).toBeLessThan(4000);
  });

  it("are never enlarged unbidden, and grow by what stands around the picture", () => {
    const edit = { ...UNTOUCHED, resize: { ...RESIZE, width: 8000 }, border: { width: 5, color: "#000" } };
    expect(finalSides(edit, SOURCE)).toEqual({ width: 4010, height: 3010 });
    const enlarged = { ...edit, resize: { ...RESIZE, width: 8000, enlarge: true } };
    expect(finalSides(enlarged, SOURCE)).toEqual({ width: 8010, height: 6010 });
  });
});
