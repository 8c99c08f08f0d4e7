/** How large the picture is after each step, as far as that is known without making it. */
import type { Crop, Edit, Resize } from "./edit";

export interface Sides {
  width: number;
  height: number;
}

/** A picture, and how long a side of anything that is made of it may be. */
export interface Bounded extends Sides {
  mostSide?: number;
}

export function croppedSides(edit: Pick<Edit, "crop">, source: Sides): Sides {
  if (edit.crop === null) return { width: source.width, height: source.height };
  return { width: source.width * edit.crop.width, height: source.height * edit.crop.height };
}

/** Degrees clockwise, at least 0 and below 360. */
export function angleOf({ quarters, tilt }: Pick<Edit, "quarters" | "tilt">): number {
  return (((quarters * 90 + tilt) % 360) + 360) % 360;
}

export function rotatedSides({ width, height }: Sides, angle: number): Sides {
  const sine = Math.abs(Math.sin((angle * Math.PI) / 180));
  const cosine = Math.abs(Math.cos((angle * Math.PI) / 180));
  return { width: width * cosine + height * sine, height: width * sine + height * cosine };
}

/**
 * The largest part of a tilted picture that has the picture's shape and none of the empty corners, in fractions of the canvas.
 * It is a thousandth smaller, because canvases are whole pixels.
 */
export function withoutCorners(sides: Sides, quarters: Edit["quarters"], tilt: number): Crop {
  const upright = quarters % 2 === 1 ? { width: sides.height, height: sides.width } : sides;
  const canvas = rotatedSides(upright, tilt);
  const scale = Math.min(upright.width / canvas.width, upright.height / canvas.height) * 0.999;
  const width = (upright.width * scale) / canvas.width;
  const height = (upright.height * scale) / canvas.height;
  return { x: (1 - width) / 2, y: (1 - height) / 2, width, height };
}

/**
 * By how much the picture shrinks before it is tilted: the canvas of a tilt grows, and may not be larger than any file.
 * The canvas of a quarter turn may.
 */
export function shrinkBeforeTilt(edit: Edit, source: Bounded): number {
  if (edit.tilt === 0) return 1;
  const canvas = rotatedSides(croppedSides(edit, source), angleOf(edit));
  // Canvases are rounded up.
  return Math.min(1, ((source.mostSide ?? Infinity) - 2) / Math.max(canvas.width, canvas.height));
}

/** After crop, turns and what is cut off of the corners: what `resize` is given. */
export function turnedSides(edit: Edit, source: Bounded): Sides {
  const cropped = times(croppedSides(edit, source), shrinkBeforeTilt(edit, source));
  const rotated = rotatedSides(cropped, angleOf(edit));
  if (edit.tilt === 0 || !edit.cutsCorners) return rotated;
  const inner = withoutCorners(cropped, edit.quarters, edit.tilt);
  return { width: rotated.width * inner.width, height: rotated.height * inner.height };
}

export function resizedSides(resize: Resize | null, sides: Sides): Sides {
  if (resize === null || (resize.width === null && resize.height === null)) return sides;
  const { width, height, fit, enlarge } = resize;
  const [across, down] = [(width ?? Infinity) / sides.width, (height ?? Infinity) / sides.height];
  if (width === null || height === null || fit === "contain") {
    const scale = Math.min(across, down, enlarge ? Infinity : 1);
    return { width: sides.width * scale, height: sides.height * scale };
  }
  if (fit === "pad" || enlarge) return { width, height };
  if (fit === "stretch") return { width: Math.min(width, sides.width), height: Math.min(height, sides.height) };
  const scale = Math.max(1, across, down);
  return { width: width / scale, height: height / scale };
}

/** The picture as it leaves the last step. */
export function finalSides(edit: Edit, source: Bounded): Sides {
  const { width, height } = resizedSides(edit.resize, turnedSides(edit, source));
  const around = 2 * ((edit.padding?.width ?? 0) + (edit.border?.width ?? 0));
  return { width: width + around, height: height + around };
}

function times({ width, height }: Sides, factor: number): Sides {
  return { width: width * factor, height: height * factor };
}

/** The largest crop of this ratio in the middle of the picture. */
export function centredCrop(ratio: number, source: Sides): Crop {
  const own = source.width / source.height;
  const [width, height] = ratio > own ? [1, own / ratio] : [ratio / own, 1];
  return { x: (1 - width) / 2, y: (1 - height) / 2, width, height };
}

export function isWhole({ x, y, width, height }: Crop): boolean {
  return x < 0.0005 && y < 0.0005 && width > 0.999 && height > 0.999;
}
