/** What is to become of a picture: one immutable value, from which the recipe is written and which undo goes back to. */
import type { Bounded } from "./geometry";

export const FITS = ["contain", "cover", "pad", "stretch"] as const;
export type Fit = (typeof FITS)[number];

/** Compass points in the short spelling of recipes, row by row. */
export const PLACES = ["nw", "n", "ne", "w", "center", "e", "sw", "s", "se"] as const;
export type Place = (typeof PLACES)[number];

export const PLACE_NAMES: Readonly<Record<Place, string>> = {
  nw: "Top left",
  n: "Top",
  ne: "Top right",
  w: "Left",
  center: "Centre",
  e: "Right",
  sw: "Bottom left",
  s: "Bottom",
  se: "Bottom right",
};

/** A part of the upright picture, each number a fraction of its width or height. */
export interface Crop {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Resize {
  width: number | null;
  height: number | null;
  fit: Fit;
  /** What `cover` keeps; null is the focal point. */
  gravity: string | null;
  enlarge: boolean;
  /** Behind the picture, of `pad`; null is transparent. */
  background: string | null;
}

export interface FilterUse {
  name: string;
  values: Readonly<Record<string, number | string>>;
}

export interface Watermark {
  text: string;
  /** An image of one's own in place of the text, as presets may have it: `<id>@<version>`. */
  image: string | null;
  place: Place;
  margin: number;
  opacity: number;
  scale: number;
  rotate: number;
  isTiled: boolean;
  color: string;
}

export interface Output {
  format: string;
  quality: number | "auto" | null;
  maxBytes: number | null;
  metadata: "copyright" | "none";
}

export interface Edit {
  crop: Crop | null;
  /** Quarter turns clockwise. */
  quarters: 0 | 1 | 2 | 3;
  /** Degrees clockwise on top of them, for a horizon that is not level. */
  tilt: number;
  /** Whether what a tilt leaves empty is cut off, or shows `cornerColor`. */
  cutsCorners: boolean;
  cornerColor: string | null;
  isFlipped: boolean;
  isMirrored: boolean;
  resize: Resize | null;
  filters: readonly FilterUse[];
  padding: { width: number; background: string | null } | null;
  background: string | null;
  radius: number | "max" | null;
  border: { width: number; color: string } | null;
  watermark: Watermark | null;
  output: Output;
}

export const UNTOUCHED: Edit = {
  crop: null,
  quarters: 0,
  tilt: 0,
  cutsCorners: true,
  cornerColor: null,
  isFlipped: false,
  isMirrored: false,
  resize: null,
  filters: [],
  padding: null,
  background: null,
  radius: null,
  border: null,
  watermark: null,
  output: { format: "auto", quality: null, maxBytes: null, metadata: "copyright" },
};

export const WATERMARK: Watermark = {
  text: "",
  image: null,
  place: "se",
  margin: 24,
  opacity: 0.7,
  scale: 0.25,
  rotate: 0,
  isTiled: false,
  color: "#ffffff",
};

export const RESIZE: Resize = {
  width: null,
  height: null,
  fit: "contain",
  gravity: null,
  enlarge: false,
  background: null,
};

/** The part of the editor that a step, and a refusal of it, belongs to. */
export type Tool = "crop" | "turn" | "size" | "filters" | "edges" | "watermark" | "file";

/** What the editor has to know of an image. */
export interface Source extends Bounded {
  id: string;
  bytes: number;
  mostSide: number;
}

export function turned(quarters: Edit["quarters"], by: 1 | 3): Edit["quarters"] {
  const next = (quarters + by) % 4;
  return next === 1 || next === 2 || next === 3 ? next : 0;
}

/** Only where the picture is cut, turned and sized: what is left when nothing alters its look. */
export function withoutLook(edit: Edit): Edit {
  const { crop, quarters, tilt, cutsCorners, cornerColor, isFlipped, isMirrored, resize } = edit;
  return { ...UNTOUCHED, crop, quarters, tilt, cutsCorners, cornerColor, isFlipped, isMirrored, resize };
}

/** Whether anything alters its look: colours, what is added, or how the file is packed. */
export function hasLook(edit: Edit): boolean {
  return !isSame(edit, withoutLook(edit));
}

export function isSame(one: Edit, other: Edit): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
