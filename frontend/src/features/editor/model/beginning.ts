/** With what an edit begins: nothing, as far as the API makes files of that size. */
import { type Edit, RESIZE, type Source, UNTOUCHED } from "./edit";

export function beginning({ width, height, mostSide }: Source): Edit {
  if (Math.max(width, height) <= mostSide) return UNTOUCHED;
  const isWide = width >= height;
  return { ...UNTOUCHED, resize: { ...RESIZE, width: isWide ? mostSide : null, height: isWide ? null : mostSide } };
}
