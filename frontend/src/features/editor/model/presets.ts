/** Presets taken apart, so that they are a beginning and not an end. */
import type { Filter } from "~/client";
import { type Edit, FITS, PLACES, RESIZE, UNTOUCHED, WATERMARK } from "./edit";
import { controlsOf } from "./filters";
import { type Sides } from "./geometry";
import { recipeOf } from "./recipe";

type Keys = ReadonlyMap<string, string>;

/**
 * The edit whose recipe this is; undefined where the recipe says what no control of the editor does, or in another order.
 * That is held by writing the recipe again: nothing in it may get lost.
 */
export function editOf(recipe: string, filters: readonly Filter[]): Edit | undefined {
  let edit: Edit = UNTOUCHED;
  for (const segment of recipe.split("/").filter(Boolean)) {
    const next = withSegment(edit, keysOf(segment), filters);
    if (next === undefined) return undefined;
    edit = next;
  }
  return recipeOf(edit, ANY) === recipe ? edit : undefined;
}

/** The preset in place of everything; of the file what it says nothing of stays. */
export function startedFrom(preset: Edit, before: Edit): Edit {
  const { format, quality, maxBytes, metadata } = preset.output;
  return {
    ...preset,
    output: {
      format: format === "auto" ? before.output.format : format,
      quality: quality ?? before.output.quality,
      maxBytes: maxBytes ?? before.output.maxBytes,
      metadata: metadata === "copyright" ? before.output.metadata : metadata,
    },
  };
}

/** Only a tilt asks for the picture's shape, and a recipe with one is not taken apart. */
const ANY: Sides = { width: 1, height: 1 };

function keysOf(segment: string): Keys {
  return new Map(
    segment.split(",").map((each) => {
      const at = each.indexOf("=");
      return [each.slice(0, at), each.slice(at + 1)];
    }),
  );
}

function withSegment(edit: Edit, keys: Keys, filters: readonly Filter[]): Edit | undefined {
  const [first] = keys.keys();
  switch (first) {
    case "w":
    case "h":
      return { ...edit, resize: resizeOf(keys) };
    case "crop":
      return withCrop(edit, keys);
    case "rot":
      return withQuarters(edit, Number(keys.get("rot")));
    case "flip":
      return keys.get("flip") === "v" ? { ...edit, isFlipped: true } : { ...edit, isMirrored: true };
    case "fx":
      return withFilterOf(edit, keys.get("fx") ?? "", filters);
    case "pd":
      return { ...edit, padding: { width: Number(keys.get("pd")), background: colorOf(keys.get("bg")) } };
    case "bg":
      return { ...edit, background: colorOf(keys.get("bg")) };
    case "r":
      return { ...edit, radius: keys.get("r") === "max" ? "max" : Number(keys.get("r")) };
    case "bo":
      return withBorder(edit, keys.get("bo") ?? "");
    case "wm":
      return withWatermark(edit, keys);
    default:
      return withOutput(edit, keys);
  }
}

function resizeOf(keys: Keys): Edit["resize"] {
  const [width, height] = [sideOf(keys.get("w")), sideOf(keys.get("h"))];
  const hasBoth = width !== null && height !== null;
  return {
    ...RESIZE,
    width,
    height,
    fit: FITS.find((fit) => fit === keys.get("fit")) ?? (hasBoth ? "cover" : "contain"),
    gravity: keys.get("g") ?? null,
    enlarge: keys.get("el") === "1",
    background: colorOf(keys.get("bg")),
  };
}

/** In fractions; one in pixels does not come out the same when it is written again. */
function withCrop(edit: Edit, keys: Keys): Edit {
  const [x = 0, y = 0, width, height] = (keys.get("crop") ?? "").split(":").map(Number);
  return { ...edit, crop: { x, y, width: width || 1 - x, height: height || 1 - y } };
}

function withQuarters(edit: Edit, angle: number): Edit | undefined {
  const quarters = ([0, 1, 2, 3] as const).find((each) => each * 90 === angle);
  return quarters === undefined ? undefined : { ...edit, quarters };
}

function withFilterOf(edit: Edit, text: string, filters: readonly Filter[]): Edit | undefined {
  const [name = "", ...told] = text.split(":");
  const controls = [...controlsOf(filters.find((filter) => filter.name === name)).values()];
  const values = controls.flatMap((control) => {
    const value = told.find((each) => (control.kind === "number") === isNumber(each));
    if (value === undefined) return [];
    return [[control.name, control.kind === "number" ? Number(value) : value] as const];
  });
  return { ...edit, filters: [...edit.filters, { name, values: Object.fromEntries(values) }] };
}

function withBorder(edit: Edit, text: string): Edit {
  const [width, color = "000000"] = text.split(":");
  return { ...edit, border: { width: Number(width), color: `#${color}` } };
}

function withWatermark(edit: Edit, keys: Keys): Edit {
  const mark = keys.get("wm") ?? "";
  const isText = mark.startsWith("b64:");
  const ink = keys.get("wc");
  return {
    ...edit,
    watermark: {
      ...WATERMARK,
      text: isText ? textOf(mark.slice(4)) : "",
      image: isText ? null : mark,
      place: PLACES.find((place) => place === keys.get("wg")) ?? "se",
      margin: Number(keys.get("wx") ?? keys.get("wy") ?? 0),
      opacity: Number(keys.get("wo") ?? 1),
      scale: Number(keys.get("ws") ?? 0.25),
      rotate: Number(keys.get("wr") ?? 0),
      isTiled: keys.get("wt") === "1",
      color: ink === undefined ? WATERMARK.color : `#${ink}`,
    },
  };
}

function withOutput(edit: Edit, keys: Keys): Edit {
  const quality = keys.get("q");
  const most = keys.get("mb");
  return {
    ...edit,
    output: {
      format: keys.get("f") ?? "auto",
      quality: quality === undefined ? null : quality === "auto" ? "auto" : Number(quality),
      maxBytes: most === undefined ? null : Number(most),
      metadata: keys.get("md") === "none" ? "none" : "copyright",
    },
  };
}

function sideOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function colorOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  return /^[0-9a-f]{6}([0-9a-f]{2})?$/.test(text) ? `#${text}` : text;
}

function isNumber(text: string): boolean {
  return text !== "" && Number.isFinite(Number(text)) && !/^[0-9a-f]{6}$/.test(text);
}

function textOf(base64: string): string {
  const octets = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(octets, (octet) => octet.charCodeAt(0)));
}
