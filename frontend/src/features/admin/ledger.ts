/** Months and money of the AI ledger. */
import type { AiSum } from "~/client";

const MICROS = 1_000_000;
const DOLLARS = new Intl.NumberFormat(undefined, {
  style: "currency",
  currency: "USD",
  currencyDisplay: "narrowSymbol",
});
const SMALL = new Intl.NumberFormat(undefined, {
  style: "currency",
  currency: "USD",
  currencyDisplay: "narrowSymbol",
  minimumFractionDigits: 2,
  maximumFractionDigits: 6,
});
const MONTH = /^2\d{3}-(0[1-9]|1[0-2])$/;

/** Dollars; of what is less than one, as many digits as there are. */
export function dollars(micros: number): string {
  return (micros !== 0 && Math.abs(micros) < MICROS ? SMALL : DOLLARS).format(micros / MICROS);
}

/** The month that a moment lies in, in UTC as the ledger counts: "2026-11". */
export function monthOf(moment: Date): string {
  return moment.toISOString().slice(0, 7);
}

export function asMonth(value: string | undefined): string | undefined {
  return value !== undefined && MONTH.test(value) ? value : undefined;
}

/** This month and those before it that the ledger remembers, the newest first. */
export function recentMonths(now: Date, many = 14): string[] {
  return Array.from({ length: many }, (_, back) =>
    monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1))),
  );
}

/** "November 2026". */
export function monthName(month: string): string {
  return new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${month}-01T00:00:00Z`),
  );
}

export function failedOf({ calls, done, unfinished }: Pick<AiSum, "calls" | "done" | "unfinished">): number {
  return calls - done - unfinished;
}

/** "blocked", "rate limited": a code as words. */
export function outcomeName(outcome: string | null): string {
  if (outcome === null) return "Unfinished";
  const words = outcome.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
