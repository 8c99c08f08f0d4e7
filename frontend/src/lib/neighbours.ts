/** What a list tells of an image that is opened over it: which ones lie before and after. */

export interface Neighbours {
  previous?: string;
  next?: string;
}

/** The outlet context of a list under which its images open. */
export interface NeighboursContext {
  neighboursOf: (id: string) => Neighbours;
}

/** Those beside `id` in the list's order; none for what is not in it. */
export function neighboursIn(ids: readonly string[], id: string): Neighbours {
  const at = ids.indexOf(id);
  if (at < 0) return {};
  const [previous, next] = [ids[at - 1], ids[at + 1]];
  return { ...(previous !== undefined && { previous }), ...(next !== undefined && { next }) };
}
