import { useEffect } from "react";

/** The window is named by the page; what opens over a page gives it its name back when it is closed. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined) return undefined;
    const before = document.title;
    document.title = title ? `${title} · Aizen` : "Aizen";
    return () => {
      document.title = before;
    };
  }, [title]);
}
