/**
 * The edit in the URL spelling of recipes (docs/transformations.md).
 *
 * The order is that of recipes, trim to encode, but for one thing: turning comes before resizing. So a width is the file's width, also of
 * a picture that is turned by a quarter or levelled. Each step has a segment of its own, which are done as they stand.
 */
import type { Crop, Edit, FilterUse, Output, Resize, Tool, Watermark } from "./edit";
import { type Bounded, angleOf, croppedSides, isWhole, shrinkBeforeTilt, withoutCorners } from "./geometry";

export interface Segment {
  tool: Tool;
  text: string;
}

export function recipeOf(edit: Edit, source: Bounded): string {
  return join([...stepsOf(edit, source), ...outputOf(edit.output)]);
}

/** The recipe of the same picture at another width, in a format that the address says. */
export function narrowed(edit: Edit, source: Bounded, width: number): string {
  const steps = stepsOf(edit, source);
  // Of a picture that is only sized, that size is not made first.
  const isSized = steps.at(-1)?.tool === "size" && (edit.resize?.width === null || edit.resize?.height === null);
  const size: Segment = { tool: "size", text: `w=${width}` };
  return join([...(isSized ? steps.slice(0, -1) : steps), size, ...outputOf(edit.output, false)]);
}

/** The recipe without its output: what is done to the picture, whatever file it becomes. */
export function stepsOf(edit: Edit, source: Bounded): Segment[] {
  return [
    ...segments("crop", edit.crop !== null && !isWhole(edit.crop) && cropText(edit.crop)),
    ...turnSegments(edit, source),
    ...segments("size", edit.resize !== null && resizeText(edit.resize)),
    ...edit.filters.flatMap((use) => segments("filters", filterText(use))),
    ...segments(
      "edges",
      edit.padding !== null && edit.padding.width > 0 && `pd=${edit.padding.width}${ground(edit.padding.background)}`,
      edit.background !== null && `bg=${color(edit.background)}`,
      edit.radius !== null && edit.radius !== 0 && `r=${edit.radius}`,
      edit.border !== null && edit.border.width > 0 && `bo=${edit.border.width}:${color(edit.border.color)}`,
    ),
    ...segments("watermark", edit.watermark !== null && watermarkText(edit.watermark)),
  ];
}

/** The output's segment; without `f` where the extension of the address says the format. */
export function outputOf({ format, quality, maxBytes, metadata }: Output, saysFormat = true): Segment[] {
  const told = [
    saysFormat && format !== "auto" && `f=${format}`,
    quality !== null && `q=${quality}`,
    maxBytes !== null && `mb=${maxBytes}`,
    metadata !== "copyright" && `md=${metadata}`,
  ].filter((each) => each !== false);
  return segments("file", told.length > 0 && told.join(","));
}

export function join(of: readonly Segment[]): string {
  return of.map(({ text }) => text).join("/");
}

/** A fraction or a number of pixels with no more digits than it needs. */
export function number(value: number): string {
  return String(Number(value.toFixed(4)));
}

export function color(css: string): string {
  return css.trim().replace(/^#/, "").toLowerCase();
}

export function base64url(text: string): string {
  const octets = Array.from(new TextEncoder().encode(text), (octet) => String.fromCharCode(octet)).join("");
  return btoa(octets).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function segments(tool: Tool, ...texts: readonly (string | false)[]): Segment[] {
  return texts.flatMap((text) => (text === false || text === "" ? [] : [{ tool, text }]));
}

function turnSegments(edit: Edit, source: Bounded): Segment[] {
  // Upside down and inside out together are half a turn.
  const isHalfTurn = edit.isFlipped && edit.isMirrored;
  const angle = (angleOf(edit) + (isHalfTurn ? 180 : 0)) % 360;
  const leavesCorners = edit.tilt !== 0;
  // What is cut off has a colour too: a picture that might be transparent would become a PNG, many times as large.
  const corners = leavesCorners ? ground(edit.cutsCorners ? "#ffffff" : edit.cornerColor) : "";
  const shrink = shrinkBeforeTilt(edit, source);
  return segments(
    "turn",
    shrink < 1 && `w=${Math.floor(croppedSides(edit, source).width * shrink)}`,
    angle !== 0 && `rot=${number(angle)}${corners}`,
    edit.isFlipped && !isHalfTurn && "flip=v",
    edit.isMirrored && !isHalfTurn && "flip=h",
    leavesCorners && edit.cutsCorners && cropText(withoutCorners(croppedSides(edit, source), edit.quarters, edit.tilt)),
  );
}

/** What reaches to the edge is left out: 1 would be one pixel. */
function cropText({ x, y, width, height }: Crop): string {
  const told = [number(x), number(y), reach(x, width), reach(y, height)];
  return `crop=${told.join(":").replace(/:+$/, "")}`;
}

function reach(from: number, length: number): string {
  return from + length > 0.9999 ? "" : number(length);
}

function resizeText({ width, height, fit, gravity, enlarge, background }: Resize): string {
  const hasBoth = width !== null && height !== null;
  if (width === null && height === null) return "";
  return [
    width !== null && `w=${number(width)}`,
    height !== null && `h=${number(height)}`,
    hasBoth && fit !== "cover" && `fit=${fit}`,
    enlarge && "el=1",
    hasBoth && fit === "cover" && gravity !== null && `g=${gravity}`,
    hasBoth && fit === "pad" && background !== null && `bg=${color(background)}`,
  ]
    .filter((each) => each !== false)
    .join(",");
}

/** Words before numbers: `fx=tint:2f6f8f:80`. */
function filterText({ name, values }: FilterUse): string {
  const told = Object.values(values);
  const words = told.filter((value) => typeof value === "string").map(color);
  const numbers = told.filter((value) => typeof value === "number").map(number);
  return `fx=${[name, ...words, ...numbers].join(":")}`;
}

function watermarkText({ text, image, place, margin, opacity, scale, rotate, isTiled, color: ink }: Watermark): string {
  if (image === null && text.trim() === "") return "";
  return [
    `wm=${image ?? `b64:${base64url(text.trim())}`}`,
    place !== "se" && !isTiled && `wg=${place}`,
    // Only from an edge that it stands at: elsewhere it would be moved off its place.
    margin !== 0 && !isTiled && /^.?[ew]$/.test(place) && `wx=${margin}`,
    margin !== 0 && !isTiled && /^[ns].?$/.test(place) && `wy=${margin}`,
    opacity !== 1 && `wo=${number(opacity)}`,
    scale !== 0.25 && `ws=${number(scale)}`,
    rotate !== 0 && `wr=${number(rotate)}`,
    isTiled && "wt=1",
    image === null && color(ink) !== "ffffff" && `wc=${color(ink)}`,
  ]
    .filter((each) => each !== false)
    .join(",");
}

function ground(background: string | null): string {
  return background === null ? "" : `,bg=${color(background)}`;
}
