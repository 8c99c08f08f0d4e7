/** Filters of a list, kept in the page's address: it can be sent to somebody, and the way back leads to the same list. */
import { useCallback } from "react";
import { useSearchParams } from "react-router";

export type Changes = Readonly<Record<string, string | null | undefined>>;

export interface Filters {
  get: (name: string) => string | undefined;
  set: (changes: Changes) => void;
  /** This page's own address after the changes, for a link. */
  with: (changes: Changes) => string;
}

export function useFilters(): Filters {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (changes: Changes) =>
      setParams((before) => changedParams(before, changes), { replace: true, preventScrollReset: true }),
    [setParams],
  );
  return {
    get: (name) => params.get(name) ?? undefined,
    set,
    with: (changes) => `?${changedParams(params, changes).toString()}`,
  };
}

export function changedParams(before: URLSearchParams, changes: Changes): URLSearchParams {
  const after = new URLSearchParams(before);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") after.delete(name);
    else after.set(name, value);
  }
  return after;
}

/** The value, if it is one of those that are known: anybody can write anything into an address. */
export function oneOf<const Value extends string>(
  value: string | undefined,
  known: readonly Value[],
): Value | undefined {
  return known.find((each) => each === value);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function idOf(value: string | undefined): string | undefined {
  return value !== undefined && UUID.test(value) ? value : undefined;
}
