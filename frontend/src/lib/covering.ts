import { useLayoutEffect } from "react";

/**
 * For a layer over the whole window: what lies beneath it neither scrolls nor moves, and the layer has the scrollbar's room too. Dialogs
 * do the same by themselves.
 */
export function useCoveredPage(): void {
  useLayoutEffect(() => {
    const page = document.documentElement;
    const { overflow, paddingRight } = page.style;
    const scrollbar = window.innerWidth - page.clientWidth;
    Object.assign(page.style, { overflow: "hidden", paddingRight: `${scrollbar}px` });
    return () => {
      Object.assign(page.style, { overflow, paddingRight });
    };
  }, []);
}
