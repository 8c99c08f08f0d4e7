import { Divider, Modal, Stack } from "@mantine/core";
import { useRef } from "react";
import type { Image } from "~/client";
import { useEscape } from "~/lib/shortcuts";
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
