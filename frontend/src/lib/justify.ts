/** Rows of equal height that fill the width, each picture in its own shape, in order. */

export interface Sides {
  width: number;
  height: number;
}

export interface Row {
  /** Index of its first item. */
  start: number;
  /** Widths of its items, in pixels. */
  widths: number[];
  height: number;
  /** Pixels from the top of the first row. */
  top: number;
}

/** A panorama or a strip is shown as if it were this much wider or taller than a square, and cut. */
const WIDEST = 3;
const NARROWEST = 0.5;

/** No row is higher than the target by more than this. */
const HIGHEST = 1.4;

/**
 * A row is closed with the number of items that brings its height nearest to `target`; the last one keeps `target`, unless it is full.
 * Widths are whole pixels and add up to `width` with the gaps, so that the right edge is straight.
 */
export function justify(
  items: readonly Sides[],
  { width, target, gap }: { width: number; target: number; gap: number },
): Row[] {
  const rows: Row[] = [];
  if (width <= 0) return rows;
  let ratios: number[] = [];
  /** The height at which `count` of them, whose ratios add up to `sum`, fill the width. */
  const full = (sum: number, count: number) => (width - gap * (count - 1)) / sum;
  const close = (isFull: boolean) => {
    const previous = rows.at(-1);
    const height = isFull ? full(total(ratios), ratios.length) : target;
    rows.push({
      start: previous ? previous.start + previous.widths.length : 0,
      widths: isFull
        ? filling(ratios, height, width - gap * (ratios.length - 1))
        : ratios.map((ratio) => Math.round(ratio * height)),
      height: Math.round(height),
      top: previous ? previous.top + previous.height + gap : 0,
    });
    ratios = [];
  };
  for (const item of items) {
    const ratio = Math.min(WIDEST, Math.max(NARROWEST, item.width / item.height || 1));
    const before = ratios.length === 0 ? Infinity : full(total(ratios), ratios.length);
    const after = full(total(ratios) + ratio, ratios.length + 1);
    if (after < target && before <= target * HIGHEST && before / target < target / after) close(true);
    ratios.push(ratio);
    if (full(total(ratios), ratios.length) <= target) close(true);
  }
  if (ratios.length > 0) close(false);
  return rows;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Whole pixels that add up to `width`: each edge is rounded, so that no picture has to take what is left. */
function filling(ratios: readonly number[], height: number, width: number): number[] {
  let edge = 0;
  return ratios.map((ratio, index) => {
    const left = Math.round(edge);
    edge += ratio * height;
    return Math.max(1, (index === ratios.length - 1 ? width : Math.round(edge)) - left);
  });
}

/** The row that the item stands in; -1 where there is none. */
export function rowOf(rows: readonly Row[], index: number): number {
  let [low, high] = [0, rows.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row === undefined) return -1;
    if (index < row.start) high = middle - 1;
    else if (index >= row.start + row.widths.length) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** The index that an arrow key leads to, from `from`: up and down go to what lies nearest there. */
export function neighbour(
  rows: readonly Row[],
  from: number,
  key: string,
  count: number,
  gap: number,
): number | undefined {
  if (key === "ArrowLeft") return from > 0 ? from - 1 : undefined;
  if (key === "ArrowRight") return from < count - 1 ? from + 1 : undefined;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const at = rowOf(rows, from);
  const [here, there] = [rows[at], rows[key === "ArrowUp" ? at - 1 : at + 1]];
  if (here === undefined || there === undefined) return undefined;
  const middle = centre(here, from - here.start, gap);
  const distances = there.widths.map((_width, place) => Math.abs(centre(there, place, gap) - middle));
  return there.start + distances.indexOf(Math.min(...distances));
}

function centre(row: Row, place: number, gap: number): number {
  return row.widths.slice(0, place).reduce((sum, width) => sum + width + gap, 0) + (row.widths[place] ?? 0) / 2;
}
