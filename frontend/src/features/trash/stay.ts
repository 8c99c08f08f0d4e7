const DAY = 86_400;

export function daysIn(seconds: number): number {
  return Math.max(1, Math.round(seconds / DAY));
}

/** Whole days until what was put away at `trashedAt` is removed; 0 on its last day. */
export function daysLeft(trashedAt: string, stays: number, now = Date.now()): number {
  return Math.max(0, Math.floor((new Date(trashedAt).getTime() / 1000 + stays - now / 1000) / DAY));
}
