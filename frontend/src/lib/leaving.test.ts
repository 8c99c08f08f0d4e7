import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useUnloadWarning } from "./leaving";

const asks = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));

it("has the browser ask as long as something would be lost, and no longer", () => {
  const { rerender, unmount } = renderHook(({ wouldLose }) => useUnloadWarning(wouldLose), {
    initialProps: { wouldLose: false },
  });
  expect(asks()).toBe(false);
  rerender({ wouldLose: true });
  expect(asks()).toBe(true);
  rerender({ wouldLose: false });
  expect(asks()).toBe(false);
  rerender({ wouldLose: true });
  unmount();
  expect(asks()).toBe(false);
});

it("asks nothing from the moment on that it is spared, also without a new rendering", () => {
  let isSaved = false;
  renderHook(() => useUnloadWarning(true, () => isSaved));
  expect(asks()).toBe(true);
  isSaved = true;
  expect(asks()).toBe(false);
});
