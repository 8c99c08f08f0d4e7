import { describe, expect, it } from "vitest";
import { type Edit, type FilterUse, RESIZE, UNTOUCHED, WATERMARK } from "./edit";
import { narrowed, outputOf, recipeOf } from "./recipe";

const SOURCE = { width: 3000, height: 2000 };

function recipe(part: Partial<Edit>): string {
  return recipeOf({ ...UNTOUCHED, ...part }, SOURCE);
}

describe("recipeOf", () => {
  it("is empty for an edit that does nothing", () => {
    expect(recipe({})).toBe("");
  });

  it("crops in fractions, and leaves out what reaches to the edge, since 1 is one pixel", () => {
    expect(recipe({ crop: { x: 0.1, y: 0.2, width: 0.5, height: 0.25 } })).toBe("crop=0.1:0.2:0.5:0.25");
    expect(recipe({ crop: { x: 0, y: 0.2, width: 1, height: 0.5 } })).toBe("crop=0:0.2::0.5");
    expect(recipe({ crop: { x: 0.25, y: 0.25, width: 0.75, height: 0.75 } })).toBe("crop=0.25:0.25");
    expect(recipe({ crop: { x: 0, y: 0, width: 1, height: 1 } })).toBe("");
    expect(recipe({ crop: { x: 1 / 3, y: 0, width: 1 / 3, height: 0.5 } })).toBe("crop=0.3333:0:0.3333:0.5");
  });

  it("turns, flips and mirrors; both of the latter are half a turn", () => {
    expect(recipe({ quarters: 1 })).toBe("rot=90");
    expect(recipe({ isFlipped: true })).toBe("flip=v");
    expect(recipe({ isMirrored: true })).toBe("flip=h");
    expect(recipe({ isFlipped: true, isMirrored: true })).toBe("rot=180");
    expect(recipe({ quarters: 2, isFlipped: true, isMirrored: true })).toBe("");
  });

  it("cuts the corners off that a tilt leaves, or shows a colour there", () => {
    expect(recipe({ tilt: -3, cutsCorners: false })).toBe("rot=357");
    expect(recipe({ quarters: 1, tilt: 2.5, cutsCorners: false, cornerColor: "#FFFFFF" })).toBe("rot=92.5,bg=ffffff");
    expect(recipeOf({ ...UNTOUCHED, tilt: 3 }, { ...SOURCE, mostSide: 1000 })).toMatch(
      /^w=9\d\d\/rot=3,bg=ffffff\/crop=/,
    );
    expect(recipe({ tilt: 3 })).toMatch(/^rot=3,bg=ffffff\/crop=0\.0\d+:0\.0\d+:0\.\d+:0\.\d+$/);
  });

  it("sizes by one side, or by two with what is done where the shape differs", () => {
    expect(recipe({ resize: { ...RESIZE, width: 800 } })).toBe("w=800");
    expect(recipe({ resize: { ...RESIZE, height: 600, enlarge: true } })).toBe("h=600,el=1");
    expect(recipe({ resize: { ...RESIZE, width: 800, height: 600 } })).toBe("w=800,h=600,fit=contain");
    expect(recipe({ resize: { ...RESIZE, width: 800, height: 600, fit: "cover", gravity: "auto" } })).toBe(
      "w=800,h=600,g=auto",
    );
    expect(recipe({ resize: { ...RESIZE, width: 8, height: 6, fit: "pad", background: "blur" } })).toBe(
      "w=8,h=6,fit=pad,bg=blur",
    );
    expect(recipe({ resize: { ...RESIZE, width: 8, height: 6, fit: "stretch" } })).toBe("w=8,h=6,fit=stretch");
    expect(recipe({ resize: RESIZE })).toBe("");
  });

  it("says filters with their amounts, words before numbers", () => {
    const filters: FilterUse[] = [
      { name: "grayscale", values: {} },
      { name: "sepia", values: { amount: 80 } },
      { name: "tint", values: { amount: 60, color: "#2F6F8F" } },
    ];
    expect(recipe({ filters })).toBe("fx=grayscale/fx=sepia:80/fx=tint:2f6f8f:60");
  });

  it("lays edges around the picture", () => {
    expect(recipe({ padding: { width: 20, background: "blur" } })).toBe("pd=20,bg=blur");
    expect(recipe({ padding: { width: 20, background: null } })).toBe("pd=20");
    expect(recipe({ background: "#ffd196" })).toBe("bg=ffd196");
    expect(recipe({ radius: 24 })).toBe("r=24");
    expect(recipe({ radius: "max" })).toBe("r=max");
    expect(recipe({ border: { width: 8, color: "#f4f0e8" } })).toBe("bo=8:f4f0e8");
  });

  it("writes a watermark's text as base64url of its UTF-8, and only what is not the default", () => {
    const mark = { ...WATERMARK, text: " © Aizen ", margin: 0, opacity: 1 };
    expect(recipe({ watermark: mark })).toBe("wm=b64:wqkgQWl6ZW4");
    expect(recipe({ watermark: { ...mark, place: "nw", margin: 12, opacity: 0.6, scale: 0.4, rotate: -30 } })).toBe(
      "wm=b64:wqkgQWl6ZW4,wg=nw,wx=12,wy=12,wo=0.6,ws=0.4,wr=-30",
    );
    expect(recipe({ watermark: { ...mark, place: "n", margin: 12, color: "#FF0000" } })).toBe(
      "wm=b64:wqkgQWl6ZW4,wg=n,wy=12,wc=ff0000",
    );
    expect(recipe({ watermark: { ...mark, place: "center", margin: 12 } })).toBe("wm=b64:wqkgQWl6ZW4,wg=center");
    expect(recipe({ watermark: { ...mark, isTiled: true, margin: 12 } })).toBe("wm=b64:wqkgQWl6ZW4,wt=1");
    expect(recipe({ watermark: { ...mark, text: "   " } })).toBe("");
  });

  it("writes no character that an address does not have", () => {
    const text = recipe({ watermark: { ...WATERMARK, text: "?>~ÿ%/,=é" }, background: "#ABCDEF" });
    expect(text).toMatch(/^[A-Za-z0-9\-._~,:=/@]+$/);
  });

  it("says of the file what differs from the default, in a last segment", () => {
    expect(recipe({ output: { format: "webp", quality: 75, maxBytes: 200_000, metadata: "none" } })).toBe(
      "f=webp,q=75,mb=200000,md=none",
    );
    expect(recipe({ output: { ...UNTOUCHED.output, quality: "auto" } })).toBe("q=auto");
    expect(outputOf({ ...UNTOUCHED.output, format: "webp" }, false)).toEqual([]);
  });

  it("does one after the other: crop, turn, size, filters, edges, watermark, file", () => {
    expect(
      recipe({
        output: { ...UNTOUCHED.output, format: "jpeg" },
        watermark: { ...WATERMARK, text: "a", margin: 0, opacity: 1 },
        border: { width: 1, color: "#000000" },
        radius: 5,
        filters: [{ name: "sepia", values: { amount: 1 } }],
        resize: { ...RESIZE, width: 800 },
        quarters: 1,
        crop: { x: 0.1, y: 0.1, width: 0.5, height: 0.5 },
      }),
    ).toBe("crop=0.1:0.1:0.5:0.5/rot=90/w=800/fx=sepia:1/r=5/bo=1:000000/wm=b64:YQ/f=jpeg");
  });
});

describe("narrowed", () => {
  it("sizes at the end what has more than a size, and does not size twice what has no more", () => {
    const sized = { ...UNTOUCHED, resize: { ...RESIZE, width: 1000 } };
    expect(narrowed(sized, SOURCE, 320)).toBe("w=320");
    expect(narrowed({ ...sized, radius: 9 }, SOURCE, 320)).toBe("w=1000/r=9/w=320");
    const covered = { ...sized, resize: { ...RESIZE, width: 1000, height: 1000, fit: "cover" as const } };
    expect(narrowed(covered, SOURCE, 320)).toBe("w=1000,h=1000/w=320");
    const output = { ...UNTOUCHED.output, format: "avif", quality: 60 };
    expect(narrowed({ ...UNTOUCHED, output }, SOURCE, 320)).toBe("w=320/q=60");
  });
});
