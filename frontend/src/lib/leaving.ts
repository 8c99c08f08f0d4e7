import { useEffect, useEffectEvent } from "react";

/**
 * The browser asks before it closes or reloads the page, as long as something would be lost. It is told only then: a page that always
 * listens is not kept for the way back. `isSpared` has the last word, where that changes between two renderings.
 */
export function useUnloadWarning(wouldLose: boolean, isSpared = () => false): void {
  const warn = useEffectEvent((event: BeforeUnloadEvent) => {
    if (!isSpared()) event.preventDefault();
  });
  useEffect(() => {
    if (!wouldLose) return;
    const ask = (event: BeforeUnloadEvent) => warn(event);
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [wouldLose]);
}
