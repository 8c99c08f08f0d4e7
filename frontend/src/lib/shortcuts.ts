/** Keyboard shortcuts, each with the words that the list under `?` shows; those are the ones that work on the page at hand. */
import { type RefObject, useEffect, useMemo, useSyncExternalStore } from "react";

export interface Shortcut {
  /** As `KeyboardEvent.key` has it; "mod+a" with Ctrl or Command; "g l" one after the other. */
  keys: string;
  does: string;
  run: (event: KeyboardEvent) => void;
  /** Also while something is written in a field. */
  inFields?: boolean;
  /** Something in the dialog that it belongs to: then it works there too. */
  inside?: RefObject<HTMLElement | null>;
}

const SEQUENCE_MS = 1000;
let layers: readonly (readonly Shortcut[])[] = [];
let first: { key: string; at: number } | undefined;
const listeners = new Set<() => void>();

/** The shortcuts work while the component is mounted; a later component's come before an earlier one's. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    change([...layers, shortcuts]);
    return () => change(layers.filter((layer) => layer !== shortcuts));
  }, [shortcuts]);
}

/** Escape closes what is open, wherever the focus is; but not together with a question that is asked over it. */
export function useEscape(isOpen: boolean, inside: RefObject<HTMLElement | null>, onClose: () => void): void {
  useShortcuts(
    useMemo((): Shortcut[] => {
      if (!isOpen) return [];
      return [{ keys: "Escape", does: "Close", run: () => onClose(), inFields: true, inside }];
    }, [isOpen, inside, onClose]),
  );
}

/** Those that work now, the page's own before the shell's; what a page has taken over from it is not there twice. */
export function useShortcutList(): readonly Shortcut[] {
  const now = useSyncExternalStore(subscribe, () => layers);
  const inOrder = [...now].reverse().flat();
  return inOrder.filter(({ keys }, place) => inOrder.findIndex((other) => other.keys === keys) === place);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: readonly (readonly Shortcut[])[]): void {
  layers = next;
  // The same listener twice is one.
  if (layers.length > 0) document.addEventListener("keydown", pressed);
  else document.removeEventListener("keydown", pressed);
  for (const listener of listeners) listener();
}

function pressed(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const key = (event.ctrlKey || event.metaKey ? "mod+" : "") + event.key;
  const both = first !== undefined && Date.now() - first.at < SEQUENCE_MS ? `${first.key} ${key}` : undefined;
  first = { key, at: Date.now() };
  const found = [...layers]
    .reverse()
    .flat()
    .find(
      (shortcut) =>
        (shortcut.keys === key || shortcut.keys === both) && (shortcut.inFields === true || !isWriting(event.target)),
    );
  if (found === undefined || isBehindDialog(event.target, found)) return;
  // What is open below a field closes by itself, and alone.
  if (event.key === "Escape" && isMantinesOwn(event.target)) return;
  event.preventDefault();
  first = undefined;
  found.run(event);
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** A dialog keeps the keyboard to itself, and also a question that is asked over it. */
function isBehindDialog(target: EventTarget | null, { inside }: Shortcut): boolean {
  const dialog = target instanceof Element ? target.closest('[role="dialog"]:not([data-takes-shortcuts])') : null;
  return dialog !== null && !dialog.contains(inside?.current ?? null);
}

function isMantinesOwn(target: EventTarget | null): boolean {
  return target instanceof Element && target.getAttribute("data-mantine-stop-propagation") === "true";
}
