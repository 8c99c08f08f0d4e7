import { Divider, Modal, Stack } from "@mantine/core";
import { type RefObject, useMemo, useRef } from "react";
import type { Image } from "~/client";
import { type Shortcut, useShortcuts } from "~/lib/shortcuts";
import { LinkForm } from "./LinkForm";
import { LinkList } from "./LinkList";
import { Visibility } from "./Visibility";

interface Props {
  image: Image;
  isOpen: boolean;
  onClose: () => void;
}

/** Who sees the image: everybody, or whoever has a link to it. */
export function SharePanel({ image, isOpen, onClose }: Props) {
  const content = useRef<HTMLDivElement>(null);
  useEscape(isOpen, content, onClose);
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title="Share"
      size="lg"
      closeOnEscape={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="lg" ref={content}>
        <Visibility image={image} onLeave={onClose} />
        <Divider />
        {image.variants.length > 0 && <LinkForm imageId={image.id} />}
        <LinkList imageId={image.id} />
      </Stack>
    </Modal>
  );
}

/** Escape closes the panel, but not together with the question that is asked over it, nor with a list of choices that is open in it. */
function useEscape(isOpen: boolean, content: RefObject<HTMLElement | null>, onClose: () => void): void {
  useShortcuts(
    useMemo((): Shortcut[] => {
      if (!isOpen) return [];
      const run = ({ target }: KeyboardEvent) => {
        if (!(target instanceof Element)) return;
        const dialog = target.closest('[role="dialog"]');
        const isElsewhere = dialog !== null && !dialog.contains(content.current);
        if (!isElsewhere && target.getAttribute("data-mantine-stop-propagation") !== "true") onClose();
      };
      return [{ keys: "Escape", does: "Close the sharing", run, inFields: true }];
    }, [content, isOpen, onClose]),
  );
}
