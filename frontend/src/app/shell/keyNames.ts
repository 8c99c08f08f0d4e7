const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
};

/** A shortcut's keys as they are printed on the keyboard, those that are pressed one after the other apart. */
export function keyNames(keys: string, { isMac }: { isMac: boolean }): string[] {
  return keys.split(" ").map((together) =>
    together
      .split("+")
      .flatMap((key) => {
        if (key === "mod") return isMac ? "⌘" : "Ctrl";
        // A capital is its letter with Shift.
        if (/^\p{Lu}$/u.test(key)) return ["Shift", key];
        return key.length === 1 ? key.toUpperCase() : (NAMES[key] ?? key);
      })
      .join(" "),
  );
}
