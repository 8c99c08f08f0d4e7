import { Drawer } from "@mantine/core";
import type { KeyboardEvent, ReactNode } from "react";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}

/** One thing of a list, opened beside it. */
export function Side({ isOpen, onClose, title, children }: Props) {
  // Escape in a question that is asked from here closes the question alone: it lies elsewhere in the document.
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === "Escape" && event.target instanceof Node && event.currentTarget.contains(event.target)) onClose();
  };
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      title={title}
      position="right"
      size="md"
      closeOnEscape={false}
      onKeyDown={onKeyDown}
      closeButtonProps={{ "aria-label": "Close" }}
      styles={{ title: { fontWeight: 650, overflowWrap: "anywhere" } }}
    >
      {children}
    </Drawer>
  );
}
