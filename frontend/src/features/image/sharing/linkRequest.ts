/** From what the form has to what the API is asked for. */
import type { LinkRequest } from "~/client";

const DAY = 86_400;
const SHORTEST = 60;
export const CUSTOM = "custom";

export const ENDINGS = [
  { value: String(DAY), label: "1 day" },
  { value: String(7 * DAY), label: "7 days" },
  { value: String(30 * DAY), label: "30 days" },
  { value: CUSTOM, label: "At a time of your choice" },
] as const;

export interface LinkValues extends Record<string, unknown> {
  expires_in: string;
  /** Of a `datetime-local` field: in the time of this browser. */
  until: string;
  password: string;
  max_views: number | string;
}

export function requestOf({ expires_in, until, password, max_views }: LinkValues, now = Date.now()): LinkRequest {
  return {
    expires_in: expires_in === CUSTOM ? secondsUntil(until, now) : Number(expires_in),
    ...(password !== "" && { password }),
    ...(max_views !== "" && { max_views: Number(max_views) }),
  };
}

export function untilError({ expires_in, until }: LinkValues, now = Date.now()): string | null {
  if (expires_in !== CUSTOM) return null;
  const seconds = secondsUntil(until, now);
  if (Number.isNaN(seconds)) return "Choose a day and a time.";
  return seconds < SHORTEST ? "Choose a time that is still to come." : null;
}

function secondsUntil(until: string, now: number): number {
  return Math.round((new Date(until).getTime() - now) / 1000);
}
