import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { messageOf } from "~/lib/problems";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What happens, in full. */
  children: ReactNode;
  /** The button's words: they say what is done. */
  confirm: string;
  isDangerous?: boolean;
  /** Does it. What it refuses with is shown in the question, which stays open. */
  onConfirm: () => Promise<unknown>;
}

/** Asks before something is done that others notice. */
export function Question({ isOpen, onClose, title, children, confirm, isDangerous, onConfirm }: Props) {
  const deed = useMutation({ mutationFn: onConfirm, onSuccess: onClose });
  const close = () => {
    deed.reset();
    onClose();
  };
  return (
    <Modal opened={isOpen} onClose={close} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="md">
        {children}
        {deed.error && (
          <Alert color="red" variant="light" role="alert">
            {messageOf(deed.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button color={isDangerous ? "red" : undefined} loading={deed.isPending} onClick={() => deed.mutate()}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
