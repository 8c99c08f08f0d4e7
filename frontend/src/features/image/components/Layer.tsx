import { FocusTrap, Portal } from "@mantine/core";
import { type ReactNode, useEffectEvent, useLayoutEffect } from "react";
import { useCoveredPage } from "~/lib/covering";
import classes from "./Layer.module.css";

interface Props {
  label: string;
  children: ReactNode;
  /** What takes the focus when the layer is gone; without it, whatever had it before. */
  findReturn: () => HTMLElement | null;
}

/**
 * A dialog over the whole window. What lies beneath stays as it is: mounted, where it was scrolled to, and out of reach of the keyboard
 * and of screen readers. Whoever shows it closes it.
 */
export function Layer({ label, children, findReturn }: Props) {
  const find = useEffectEvent(findReturn);
  useCoveredPage();
  useLayoutEffect(() => {
    const before = document.activeElement;
    const beneath = document.getElementById("root");
    beneath?.setAttribute("inert", "");
    return () => {
      beneath?.removeAttribute("inert");
      const target = find() ?? before;
      requestAnimationFrame(() => {
        // A page that is shown in place of the list may have taken the focus itself.
        if (document.activeElement === document.body && target instanceof HTMLElement)
          target.focus({ preventScroll: true });
      });
    };
  }, []);
  return (
    <Portal>
      <FocusTrap active>
        <div
          role="dialog"
          aria-modal="true"
          aria-label={label}
          data-takes-shortcuts
          tabIndex={-1}
          className={classes.layer}
        >
          {children}
        </div>
      </FocusTrap>
    </Portal>
  );
}
