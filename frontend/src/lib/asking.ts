/** A screen's first question, asked as soon as its script is there: while it is still being found out who is signed in. */
import type { QueryClient } from "@tanstack/react-query";

export interface Address {
  params: Readonly<Record<string, string | undefined>>;
  search: URLSearchParams;
}

/** What the screen at this address shows is in the cache, or on its way there. Whether it comes is for the screen to tell. */
export type Ask = (client: QueryClient, address: Address) => void;

/** For `catch`: whoever shows the answer asks again, and tells what is wrong. */
export const toldLater = (): void => undefined;
