/**
 * Which job brings which picture. The API tells it once, when the order is taken; it is remembered in this browser, so that a page that is
 * loaded again still shows the place in the queue, and can cancel.
 */

const STORED = "aizen.generation-jobs";
const MOST = 100;

export const jobs = {
  of(imageId: string): string | undefined {
    return read().find(([image]) => image === imageId)?.[1];
  },

  remember(imageId: string, jobId: string): void {
    write([[imageId, jobId], ...read().filter(([image]) => image !== imageId)]);
  },
};

type Pair = [imageId: string, jobId: string];

function read(): Pair[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isPair) : [];
  } catch {
    return [];
  }
}

function write(pairs: Pair[]): void {
  try {
    localStorage.setItem(STORED, JSON.stringify(pairs.slice(0, MOST)));
  } catch {
    // Without storage an order is followed by its image's status alone.
  }
}

function isPair(value: unknown): value is Pair {
  return Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === "string");
}
