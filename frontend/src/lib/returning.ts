/** A list under images that are opened over it: how it goes along with them, and is returned to. */
import { type RefObject, useEffect, useRef } from "react";

/** More are loaded that many images before the last one is looked at. */
const AHEAD = 5;

interface Of {
  openId: string | undefined;
  ids: readonly string[];
  /** Whoever shows the list, and gives one of its images the focus. */
  wall: RefObject<{ focus: (id: string) => void } | null>;
  hasMore: boolean;
  loadMore: () => void;
}

/** Whoever goes through the open images can go on and on; and closing the last one leads back to its tile. */
export function useReturn({ openId, ids, wall, hasMore, loadMore }: Of): void {
  const wasOpen = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (openId === undefined && wasOpen.current !== undefined) wall.current?.focus(wasOpen.current);
    wasOpen.current = openId;
  }, [openId, wall]);
  const at = openId === undefined ? -1 : ids.indexOf(openId);
  const isNearEnd = at >= 0 && at >= ids.length - AHEAD;
  useEffect(() => {
    if (isNearEnd && hasMore) loadMore();
  }, [isNearEnd, hasMore, loadMore, ids.length]);
}
