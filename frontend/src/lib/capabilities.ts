/** What this installation can do: read once, from the same tables by which the API judges. */
import { useSuspenseQuery } from "@tanstack/react-query";
import type { Capabilities } from "~/client";
import { getCapabilitiesOptions } from "~/client/@tanstack/react-query.gen";

/** There when a page is shown: the router has loaded it before. */
export function useCapabilities(): Capabilities {
  return useSuspenseQuery(capabilities()).data;
}

export function capabilities() {
  // They are the same for everybody: nobody's token is waited for.
  const options = getCapabilitiesOptions({ fetch: (input, init) => fetch(input, init) });
  return { ...options, staleTime: Infinity, gcTime: Infinity, meta: { isForEverybody: true } };
}

/** Whether no model looks at pictures here: the offline describer counts and measures. */
export function isDescribedOffline({ features }: Capabilities): boolean {
  return features.describers.every((name) => name === "offline");
}

/** Whether pictures are drawn from words by no model. */
export function isPaintedOffline({ generation }: Capabilities): boolean {
  return generation.painters.every((name) => name === "offline");
}
