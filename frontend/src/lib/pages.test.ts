import { describe, expect, it } from "vitest";
import { type Page, withHead, withItems, withoutItems } from "./pages";

interface Item {
  id: string;
  at: number;
  name?: string;
}

const item = (at: number): Item => ({ id: `i${at}`, at });
const page = (next: string | undefined, ...ats: number[]): Page<Item> => ({
  items: ats.map(item),
  next,
  total: 9,
  askedAt: 0,
});
const pages = (...list: Page<Item>[]) => ({ pages: list, pageParams: list.map(() => undefined) });
/** The newest first. */
const isBelow = (one: Item, other: Item) => one.at < other.at;
const shown = (data: { pages: Page<Item>[] }) => data.pages.map(({ items }) => items.map(({ at }) => at));

describe("withHead", () => {
  it("puts what is new on top and leaves the pages below as they are", () => {
    const data = withHead(pages(page("a", 6, 5, 4), page("b", 3, 2, 1)), page("n", 8, 7, 6), isBelow);
    expect(shown(data)).toEqual([
      [8, 7, 6, 5, 4],
      [3, 2, 1],
    ]);
    expect(data.pages.at(-1)?.next).toBe("b");
  });

  it("takes away what the head should have and has not", () => {
    const data = withHead(pages(page("a", 6, 5, 4), page("b", 3, 2)), page("n", 6, 4, 3), isBelow);
    expect(shown(data)).toEqual([[6, 4, 3], [2]]);
  });

  it("is all that there is where the head has no next page", () => {
    const data = withHead(pages(page("a", 6, 5), page(undefined, 4)), page(undefined, 5), isBelow);
    expect(shown(data)).toEqual([[5], []]);
    expect(data.pages.at(-1)?.next).toBeUndefined();
  });

  it("goes on where the first page ended, if that is the only one and reaches further than the head", () => {
    const data = withHead(pages(page("a", 6, 5, 4)), page("n", 7, 6), isBelow);
    expect(shown(data)).toEqual([[7, 6, 5, 4]]);
    expect(data.pages[0]?.next).toBe("a");
  });

  it("knows the new total, and what has become of those that it has", () => {
    const head = { ...page("n", 2), items: [{ ...item(2), name: "new" }], total: 12 };
    const data = withHead(pages(page("a", 2, 1)), head, isBelow);
    expect(data.pages[0]?.total).toBe(12);
    expect(data.pages[0]?.items[0]?.name).toBe("new");
  });
});

describe("withItems", () => {
  it("replaces in place and adds none", () => {
    const data = withItems(pages(page("a", 2), page("b", 1)), [{ ...item(1), name: "new" }, item(7)]);
    expect(shown(data)).toEqual([[2], [1]]);
    expect(data.pages[1]?.items[0]?.name).toBe("new");
  });
});

describe("withoutItems", () => {
  it("counts what it takes away", () => {
    const data = withoutItems(pages(page("a", 3, 2), page("b", 1)), new Set(["i2", "i1", "i77"]));
    expect(shown(data)).toEqual([[3], []]);
    expect(data.pages[0]?.total).toBe(7);
  });
});
