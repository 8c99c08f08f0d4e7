import { Drawer } from "@mantine/core";
import { type ReactNode, useRef } from "react";
import { useEscape } from "~/lib/shortcuts";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}

/** One thing of a list, opened beside it. */
export function Side({ isOpen, onClose, title, children }: Props) {
  const content = useRef<HTMLDivElement>(null);
  useEscape(isOpen, content, onClose);
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      title={title}
      position="right"
      size="md"
      closeOnEscape={false}
      closeButtonProps={{ "aria-label": "Close" }}
      styles={{ title: { fontWeight: 650, overflowWrap: "anywhere" } }}
    >
      <div ref={content}>{children}</div>
    </Drawer>
  );
}
