import { useRef } from "react";
import { type Blocker, useBlocker } from "react-router";
import { useUnloadWarning } from "~/lib/leaving";

interface Leaving {
  blocker: Blocker;
  /** From now on nothing is asked: what was unsaved is saved. */
  letGo: () => void;
}

/** Asks before unsaved changes are left behind, in the page and with the browser's own buttons. */
export function useLeaving(hasChanges: boolean): Leaving {
  const isFree = useRef(false);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      hasChanges && !isFree.current && currentLocation.pathname !== nextLocation.pathname,
  );
  useUnloadWarning(hasChanges, () => isFree.current);
  return {
    blocker,
    letGo: () => {
      isFree.current = true;
    },
  };
}
