/** What the file will be, in words. */
import type { Transformed } from "~/client";
import { bytes, count, percent } from "~/lib/format";

const WARNINGS: Readonly<Record<string, string>> = {
  enlarge_refused: "The picture is smaller than that, and was not enlarged.",
  larger_than_source: "Larger than the original: there is no more to see in it.",
  alpha_flattened: "This format has no transparency: what was transparent lies on a colour.",
  profile_missing: "The original does not say which inks its colours mean: they are guessed.",
  quality_lowered: "The quality was lowered, to stay below the largest size.",
  provenance_dropped: "A GIF cannot say who made the picture, or how: that is not in the file.",
  trim_found_nothing: "There was no border of one colour to cut off.",
};

const FORMATS: Readonly<Record<string, string>> = {
  jpeg: "JPEG",
  png: "PNG",
  gif: "GIF",
  webp: "WebP",
  avif: "AVIF",
  tiff: "TIFF",
  auto: "Automatic",
  orig: "As the original",
};

export function formatName(format: string): string {
  return FORMATS[format] ?? format.toUpperCase();
}

export function warningText(warning: string): string {
  return WARNINGS[warning] ?? warning.replaceAll("_", " ");
}

/** "1.8 MB → 240 KB, 87 % smaller" */
export function sizeLine(before: number, after: number): string {
  return `${bytes(before)} → ${bytes(after)}, ${difference(before, after)}`;
}

export function sidesLine({ width, height, format }: Pick<Transformed, "width" | "height" | "format">): string {
  return `${count(width)} × ${count(height)} · ${formatName(format)}`;
}

function difference(before: number, after: number): string {
  if (after === before) return "the same size";
  if (after < before) return `${Math.min(99, percent(before - after, before))} % smaller`;
  return after > before * 10
    ? `${count(Math.round(after / before))} times as large`
    : `${percent1(after, before)} % larger`;
}

function percent1(after: number, before: number): string {
  return count(Math.max(1, Math.round(((after - before) / before) * 100)));
}
