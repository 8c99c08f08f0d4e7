/** The edit as the stage shows it: smaller, so that it is made quickly, and in everything else what the file will be. */
import type { Filter } from "~/client";
import type { Edit, FilterUse, Resize } from "./edit";
import { type Control, controlsOf } from "./filters";
import { type Bounded, type Sides, croppedSides, finalSides, resizedSides, turnedSides } from "./geometry";
import { type Segment, outputOf, stepsOf } from "./recipe";

/** The steps of a rendering that is at most `longest` pixels on a side; what is measured in pixels shrinks with it. */
export function previewSteps(edit: Edit, source: Bounded, longest: number, filters: readonly Filter[]): Segment[] {
  const { width, height } = finalSides(edit, source);
  const scale = longest / Math.max(width, height);
  // What is padded around a picture that is too small for its place keeps its size: no smaller one looks like it.
  if (scale >= 1 || edit.resize?.fit === "pad") return stepsOf(edit, source);
  const smaller = scaled(edit, source, scale, filters);
  const first = shrunkBeforeTilt(edit, source, scale);
  if (first === undefined) return stepsOf(smaller, source);
  const steps = stepsOf(smaller, unbounded(source));
  const at = steps.findIndex(({ tool }) => tool === "turn");
  return [...steps.slice(0, at), { tool: "turn", text: first }, ...steps.slice(at)];
}

/** The file's format and quality, whose traces are seen; without `max_bytes`, which means nothing for another size. */
export function previewOutput(edit: Edit): Segment[] {
  return outputOf({ ...edit.output, maxBytes: null, metadata: "copyright" }, false);
}

function scaled(edit: Edit, source: Bounded, scale: number, filters: readonly Filter[]): Edit {
  const sides = resizedSides(edit.resize, turnedSides(edit, source));
  return {
    ...edit,
    resize: scaledResize(edit.resize, sides, scale),
    filters: edit.filters.map((use) => scaledFilter(use, scale, filters)),
    padding: edit.padding && { ...edit.padding, width: pixels(edit.padding.width * scale) },
    radius: typeof edit.radius === "number" ? pixels(edit.radius * scale) : edit.radius,
    border: edit.border && { ...edit.border, width: pixels(edit.border.width * scale) },
    watermark: edit.watermark && { ...edit.watermark, margin: Math.round(edit.watermark.margin * scale) },
  };
}

function scaledResize(resize: Resize | null, sides: Sides, scale: number): Resize {
  const width = pixels(sides.width * scale);
  const height = pixels(sides.height * scale);
  if (resize !== null && resize.width !== null && resize.height !== null && resize.fit !== "contain")
    return { ...resize, width, height };
  return { width, height: null, fit: "contain", gravity: null, enlarge: false, background: null };
}

/** A tilt reads every pixel: fewer of them stand in its way. */
function shrunkBeforeTilt(edit: Edit, source: Bounded, scale: number): string | undefined {
  if (edit.tilt === 0) return undefined;
  const whole = turnedSides(edit, unbounded(source));
  const wanted = resizedSides(edit.resize, turnedSides(edit, source));
  const needed = Math.max(wanted.width / whole.width, wanted.height / whole.height) * scale;
  if (needed >= 1) return undefined;
  const width = Math.ceil(croppedSides(edit, source).width * needed) + 2;
  return `w=${width}`;
}

function unbounded({ width, height }: Sides): Sides {
  return { width, height };
}

function scaledFilter(use: FilterUse, scale: number, filters: readonly Filter[]): FilterUse {
  const controls = controlsOf(filters.find(({ name }) => name === use.name));
  const values = Object.fromEntries(
    Object.entries(use.values).map(([name, value]) => [name, scaledValue(value, scale, controls.get(name))]),
  );
  return { ...use, values };
}

function scaledValue(value: number | string, scale: number, control: Control | undefined): number | string {
  if (typeof value !== "number" || control?.kind !== "number" || control.unit !== "px") return value;
  const shrunk = control.isWhole ? Math.round(value * scale) : Number((value * scale).toFixed(2));
  return Math.max(control.least, shrunk);
}

function pixels(value: number): number {
  return Math.max(1, Math.round(value));
}
