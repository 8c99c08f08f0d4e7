/** Which pictures of a list are chosen, for what is done to many at once. */
import { useCallback, useMemo, useState } from "react";

export interface Chosen {
  ids: ReadonlySet<string>;
  /** From which one a range reaches: the last that was toggled by itself. */
  anchor: string | undefined;
}

export const NONE: Chosen = { ids: new Set(), anchor: undefined };

export function toggled({ ids }: Chosen, id: string): Chosen {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/** All from the anchor to `id` in the list's order, besides those that were chosen; without an anchor `id` alone. */
export function extended(chosen: Chosen, id: string, order: readonly string[]): Chosen {
  const from = chosen.anchor === undefined ? -1 : order.indexOf(chosen.anchor);
  const to = order.indexOf(id);
  if (from < 0 || to < 0) return { ids: new Set([...chosen.ids, id]), anchor: id };
  const range = order.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { ids: new Set([...chosen.ids, ...range]), anchor: chosen.anchor };
}

/** Without those that the list does not have any more: nothing is done to what nobody sees. */
export function within(chosen: Chosen, order: readonly string[]): Chosen {
  if (chosen.ids.size === 0) return chosen;
  const there = new Set(order);
  const left = [...chosen.ids].filter((id) => there.has(id));
  return left.length === chosen.ids.size ? chosen : { ...chosen, ids: new Set(left) };
}

export interface Selection {
  ids: ReadonlySet<string>;
  /** A click chooses rather than opens: something is chosen, or choosing was asked for where nothing hovers. */
  isChoosing: boolean;
  begin: () => void;
  toggle: (id: string, isRange?: boolean) => void;
  chooseAll: () => void;
  choose: (ids: Iterable<string>) => void;
  clear: () => void;
}

/** A selection among `order`, the ids of the list as it is shown. */
export function useSelection(order: readonly string[]): Selection {
  const [kept, setChosen] = useState(NONE);
  const [isAsked, setAsked] = useState(false);
  const chosen = useMemo(() => within(kept, order), [kept, order]);

  const toggle = useCallback(
    (id: string, isRange = false) => setChosen(isRange ? extended(chosen, id, order) : toggled(chosen, id)),
    [chosen, order],
  );
  const choose = useCallback((ids: Iterable<string>) => setChosen({ ids: new Set(ids), anchor: undefined }), []);
  const chooseAll = useCallback(() => choose(order), [choose, order]);
  const begin = useCallback(() => setAsked(true), []);
  const clear = useCallback(() => {
    setChosen(NONE);
    setAsked(false);
  }, []);
  const isChoosing = isAsked || chosen.ids.size > 0;
  return useMemo(
    () => ({ ids: chosen.ids, isChoosing, begin, toggle, chooseAll, choose, clear }),
    [chosen, isChoosing, begin, toggle, chooseAll, choose, clear],
  );
}
