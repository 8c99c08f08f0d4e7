/** Who is asked for next, where there are more than are asked for at once. */

export type Turns = (ids: readonly string[]) => string[];

/** Of the ids that it is given each time, at most `most`, and those first that have not had their turn: none waits for the others for ever. */
export function newTurns(most: number): Turns {
  let had: ReadonlySet<string> = new Set();
  return (ids) => {
    const waiting = ids.filter((id) => !had.has(id));
    const next = [...waiting, ...ids.filter((id) => had.has(id))].slice(0, most);
    // When the last of them has had it, the next round begins.
    had = new Set(waiting.length > most ? [...had, ...next] : next);
    return next;
  };
}
