import { type PointerEvent, useEffect, useRef } from "react";

const LONG_MS = 450;
/** A finger that moves further scrolls. */
const SLACK_PX = 10;

interface LongPress {
  /** Whether the press that a click comes from was a long one, which has done its work. */
  wasLong: () => boolean;
  handlers: Record<
    "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel",
    (event: PointerEvent) => void
  > & { onContextMenu: (event: { preventDefault: () => void }) => void };
}

/** A finger that stays on something; a mouse has other ways. */
export function useLongPress(onLong: () => void): LongPress {
  const press = useRef<{ timer: number; x: number; y: number } | undefined>(undefined);
  const isLong = useRef(false);
  const isTouch = useRef(false);
  const end = () => {
    window.clearTimeout(press.current?.timer);
    press.current = undefined;
  };
  useEffect(() => end, []);
  return {
    wasLong: () => {
      const was = isLong.current;
      isLong.current = false;
      return was;
    },
    handlers: {
      onPointerDown: (event) => {
        isLong.current = false;
        isTouch.current = event.pointerType === "touch";
        if (!isTouch.current) return;
        const timer = window.setTimeout(() => {
          isLong.current = true;
          onLong();
        }, LONG_MS);
        press.current = { timer, x: event.clientX, y: event.clientY };
      },
      onPointerMove: (event) => {
        const { current } = press;
        if (current && Math.hypot(event.clientX - current.x, event.clientY - current.y) > SLACK_PX) end();
      },
      onPointerUp: end,
      onPointerCancel: end,
      // The browser's own menu would come over it.
      onContextMenu: (event) => {
        if (isTouch.current) event.preventDefault();
      },
    },
  };
}
