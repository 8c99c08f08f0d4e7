import { expect, it } from "vitest";
import { filesOf } from "./dropped";

const refuse = (_take: unknown, fail: (error: DOMException) => void) => fail(new DOMException("", "NotReadableError"));

function file(name: string, read?: typeof refuse) {
  const found = new File(["x"], name);
  return { isFile: true, isDirectory: false, file: read ?? ((take: (file: File) => void) => take(found)) };
}

/** Tells its entries one at a time, as a browser tells some hundred. */
function folder(entries: readonly object[], read?: typeof refuse) {
  const reader = () => {
    let at = 0;
    return { readEntries: read ?? ((take: (some: object[]) => void) => take(entries.slice(at, ++at))) };
  };
  return { isFile: false, isDirectory: true, createReader: reader };
}

/** What an event of the browser has, as far as it is asked. */
function dropOf(...entries: readonly object[]): DataTransfer {
  const items = entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => null }));
  const data = { items };
  if (!isTransfer(data)) throw new Error("Nothing was dropped.");
  return data;
}

function isTransfer(value: object): value is DataTransfer {
  return "items" in value;
}

it("finds every file of a folder, and of the folders in it", async () => {
  const { files, ...rest } = await filesOf(dropOf(folder([file("a.png"), folder([file("b.png"), file("c.png")])])));
  expect(files.map(({ name }) => name)).toEqual(["a.png", "b.png", "c.png"]);
  expect(rest).toEqual({ hasFolders: true, unreadable: 0 });
});

it("takes the other files where some entries cannot be read, and counts those", async () => {
  const dropped = folder([file("a.png"), file("locked.png", refuse), folder([], refuse), folder([file("b.png")])]);
  const { files, unreadable } = await filesOf(dropOf(dropped));
  expect(files.map(({ name }) => name)).toEqual(["a.png", "b.png"]);
  expect(unreadable).toBe(2);
});

it("counts a folder that cannot be read at all", async () => {
  expect(await filesOf(dropOf(folder([], refuse)))).toEqual({ files: [], hasFolders: true, unreadable: 1 });
});
