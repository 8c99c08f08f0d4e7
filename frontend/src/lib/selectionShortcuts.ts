/** The keys by which pictures on a wall are chosen. */
import type { Selection } from "./selection";
import type { Shortcut } from "./shortcuts";

export function selectionShortcuts({ toggle, chooseAll, clear, isChoosing }: Selection): Shortcut[] {
  const toggleFocused = () => {
    const id = focusedTile();
    if (id !== undefined) toggle(id);
  };
  return [
    { keys: "x", does: "Select the focused image, or not", run: toggleFocused },
    { keys: "mod+a", does: "Select all that are loaded", run: chooseAll },
    ...(isChoosing ? [{ keys: "Escape", does: "Clear the selection", run: clear }] : []),
  ];
}

/** The chosen ones; where none is, that which has the focus. */
export function targetsOf({ ids }: Selection): string[] {
  if (ids.size > 0) return [...ids];
  const id = focusedTile();
  return id === undefined ? [] : [id];
}

/** The id of the picture that has the focus. */
export function focusedTile(): string | undefined {
  return document.activeElement?.getAttribute("data-tile") ?? undefined;
}
