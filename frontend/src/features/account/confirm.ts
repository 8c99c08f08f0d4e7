import { modals } from "@mantine/modals";
import type { ReactNode } from "react";

interface Question {
  title: string;
  /** What follows from it. */
  children: ReactNode;
  confirm: string;
  onConfirm: () => void;
  onCancel?: () => void;
}

/** Asks before something that cannot be taken back. The focus begins at Cancel, and returns to where it was. */
export function confirm({ title, children, confirm: label, onConfirm, onCancel }: Question): void {
  modals.openConfirmModal({
    title,
    children,
    labels: { confirm: label, cancel: "Cancel" },
    cancelProps: { "data-autofocus": true },
    confirmProps: { color: "red.9" },
    onConfirm,
    // However it is left: by the button, the cross, Escape or a click beside it.
    onClose: () => onCancel?.(),
  });
}
