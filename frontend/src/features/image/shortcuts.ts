import { useMemo } from "react";
import { type Shortcut, useShortcuts } from "~/lib/shortcuts";

/** What can be done now; without a function it cannot. */
interface Actions {
  previous: (() => void) | undefined;
  next: (() => void) | undefined;
  leave: () => void;
  zoom: (() => void) | undefined;
  share: (() => void) | undefined;
  edit: (() => void) | undefined;
  trash: (() => void) | undefined;
  togglePanel: () => void;
}

interface Options extends Actions {
  /** Then none of them works. */
  isCovered: boolean;
}

const KEYS: readonly (readonly [string, string, keyof Actions])[] = [
  ["ArrowLeft", "Previous image", "previous"],
  ["ArrowRight", "Next image", "next"],
  ["z", "Zoom", "zoom"],
  ["e", "Edit the image", "edit"],
  ["s", "Share the image", "share"],
  ["i", "Show or hide the details", "togglePanel"],
  ["Delete", "Move the image to the trash", "trash"],
  ["Escape", "Back to the library", "leave"],
];

export function useImageShortcuts(options: Options): void {
  const { previous, next, leave, zoom, share, edit, trash, togglePanel, isCovered } = options;
  useShortcuts(
    useMemo(() => {
      const actions: Actions = { previous, next, leave, zoom, share, edit, trash, togglePanel };
      if (isCovered) return [];
      return KEYS.flatMap(([keys, does, name]): Shortcut[] => {
        const run = actions[name];
        // An event is no argument of these.
        return run === undefined ? [] : [{ keys, does, run: () => run() }];
      });
    }, [previous, next, leave, zoom, share, edit, trash, togglePanel, isCovered]),
  );
}
