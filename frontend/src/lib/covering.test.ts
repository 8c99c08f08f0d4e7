import { renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { useCoveredPage } from "./covering";

it("keeps the page from scrolling and in its width while it is covered, and leaves it as it was", () => {
  const page = document.documentElement;
  vi.spyOn(page, "clientWidth", "get").mockReturnValue(window.innerWidth - 15);
  page.style.paddingRight = "1px";
  const { unmount } = renderHook(() => useCoveredPage());
  expect(page).toHaveStyle({ overflow: "hidden", paddingRight: "15px" });
  unmount();
  expect(page.style.overflow).toBe("");
  expect(page.style.paddingRight).toBe("1px");
  page.style.paddingRight = "";
});
