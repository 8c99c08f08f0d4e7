import { describe, expect, it } from "vitest";
import { justify, neighbour, rowOf } from "./justify";

const GAP = 6;
const TARGET = 200;

function pictures(count: number) {
  const shapes = [
    [400, 300],
    [300, 400],
    [1600, 900],
    [500, 500],
    [4000, 300],
    [100, 3000],
  ] as const;
  return Array.from({ length: count }, (_none, index) => {
    const [width, height] = shapes[(index * 7 + (index % 3)) % shapes.length] ?? [1, 1];
    return { width, height };
  });
}

describe("justify", () => {
  it.each([320, 366, 768, 1180, 2400])("fills each row but the last to the pixel at %i pixels", (width) => {
    const rows = justify(pictures(200), { width, target: TARGET, gap: GAP });
    for (const row of rows.slice(0, -1))
      expect(row.widths.reduce((sum, each) => sum + each, 0) + GAP * (row.widths.length - 1)).toBe(width);
  });

  it("shows every picture once and in order, the rows one below the other", () => {
    const rows = justify(pictures(101), { width: 1000, target: TARGET, gap: GAP });
    let [start, top] = [0, 0];
    for (const row of rows) {
      expect(row.start).toBe(start);
      expect(row.top).toBe(top);
      start += row.widths.length;
      top += row.height + GAP;
    }
    expect(start).toBe(101);
  });

  it("keeps heights near the target where there are several pictures abreast", () => {
    const rows = justify(pictures(300), { width: 1180, target: TARGET, gap: GAP });
    for (const { height } of rows.slice(0, -1)) {
      expect(height).toBeGreaterThan(TARGET * 0.6);
      expect(height).toBeLessThanOrEqual(TARGET * 1.4);
    }
  });

  it("does not stretch a last row that is not full", () => {
    expect(justify([{ width: 100, height: 100 }], { width: 1000, target: TARGET, gap: GAP })).toEqual([
      { start: 0, widths: [TARGET], height: TARGET, top: 0 },
    ]);
  });

  it("cuts a panorama and a strip, and survives a picture without sides", () => {
    const odd = [
      { width: 10_000, height: 10 },
      { width: 10, height: 10_000 },
      { width: 0, height: 0 },
    ];
    expect(justify(odd, { width: 4000, target: TARGET, gap: GAP })[0]?.widths).toEqual([600, 100, 200]);
  });

  it("has no rows before the width is known", () => {
    expect(justify(pictures(3), { width: 0, target: TARGET, gap: GAP })).toEqual([]);
  });

  it("leaves the rows above as they are when pictures are added at the end", () => {
    const few = justify(pictures(100), { width: 1000, target: TARGET, gap: GAP });
    const many = justify(pictures(200), { width: 1000, target: TARGET, gap: GAP });
    expect(many.slice(0, few.length - 1)).toEqual(few.slice(0, -1));
  });
});

describe("rowOf", () => {
  const rows = justify(pictures(57), { width: 800, target: TARGET, gap: GAP });

  it("finds the row of every picture", () => {
    for (let index = 0; index < 57; index++) {
      const row = rows[rowOf(rows, index)];
      expect(row && row.start <= index && index < row.start + row.widths.length).toBe(true);
    }
  });

  it("finds none for what is not there", () => {
    expect(rowOf(rows, 57)).toBe(-1);
    expect(rowOf(rows, -1)).toBe(-1);
  });
});

describe("neighbour", () => {
  const square = { width: 100, height: 100 };
  const wide = { width: 200, height: 100 };
  // 0 1 2 3 / 4 5
  const rows = justify([square, square, square, square, wide, wide], { width: 418, target: 100, gap: GAP });

  it("goes to what lies nearest above and below", () => {
    expect(rows.map(({ widths }) => widths.length)).toEqual([4, 2]);
    expect(neighbour(rows, 0, "ArrowDown", 6, GAP)).toBe(4);
    expect(neighbour(rows, 3, "ArrowDown", 6, GAP)).toBe(5);
    expect(neighbour(rows, 5, "ArrowUp", 6, GAP)).toBe(2);
  });

  it("goes along the rows and stops at both ends", () => {
    expect(neighbour(rows, 3, "ArrowRight", 6, GAP)).toBe(4);
    expect(neighbour(rows, 4, "ArrowLeft", 6, GAP)).toBe(3);
    expect(neighbour(rows, 0, "ArrowLeft", 6, GAP)).toBeUndefined();
    expect(neighbour(rows, 5, "ArrowRight", 6, GAP)).toBeUndefined();
    expect(neighbour(rows, 0, "ArrowUp", 6, GAP)).toBeUndefined();
    expect(neighbour(rows, 2, "Home", 6, GAP)).toBe(0);
    expect(neighbour(rows, 2, "End", 6, GAP)).toBe(5);
  });

  it("leaves other keys alone", () => {
    expect(neighbour(rows, 2, "a", 6, GAP)).toBeUndefined();
  });
});
