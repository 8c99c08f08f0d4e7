import { type TouchEvent, useRef } from "react";

const SHORTEST = 50;

interface Directions {
  onLeft: (() => void) | undefined;
  onRight: (() => void) | undefined;
}

/** Handlers for what is swiped with one finger; two zoom, and up and down scroll. */
export function useSwipe({ onLeft, onRight }: Directions) {
  const start = useRef<{ x: number; y: number }>(undefined);
  return {
    onTouchStart: ({ touches }: TouchEvent) => {
      const touch = touches[0];
      start.current = touch && touches.length === 1 ? { x: touch.clientX, y: touch.clientY } : undefined;
    },
    onTouchEnd: ({ changedTouches }: TouchEvent) => {
      const touch = changedTouches[0];
      if (touch === undefined || start.current === undefined) return;
      const [right, down] = [touch.clientX - start.current.x, touch.clientY - start.current.y];
      start.current = undefined;
      if (Math.abs(right) < SHORTEST || Math.abs(right) < 1.5 * Math.abs(down)) return;
      if (right < 0) onLeft?.();
      else onRight?.();
    },
  };
}
