import { useEffect, useRef } from "react";
import { type Blocker, useBlocker } from "react-router";

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
  useEffect(() => {
    if (!hasChanges) return;
    const ask = (event: BeforeUnloadEvent) => {
      if (!isFree.current) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [hasChanges]);
  return {
    blocker,
    letGo: () => {
      isFree.current = true;
    },
  };
}
