import { useEffect } from "react";

/** Pictures that are pasted anywhere are uploaded; text that is pasted into a field stays the field's. */
export function usePaste(add: (files: readonly File[]) => void): void {
  useEffect(() => {
    const paste = ({ clipboardData, target }: ClipboardEvent) => {
      const files = [...(clipboardData?.files ?? [])];
      if (files.length === 0 || (isField(target) && clipboardData?.types.includes("text/plain"))) return;
      add(files);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [add]);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea"));
}
