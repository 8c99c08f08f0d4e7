import { Button, Group, Modal, Text } from "@mantine/core";
import type { Blocker } from "react-router";

export function DiscardQuestion({ blocker }: { blocker: Blocker }) {
  const stay = () => blocker.reset?.();
  return (
    <Modal opened={blocker.state === "blocked"} onClose={stay} title="Leave without saving?" size="sm">
      <Text size="sm">What you have changed here is not kept. The original stays as it is.</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={stay} data-autofocus>
          Keep editing
        </Button>
        <Button color="red" onClick={() => blocker.proceed?.()}>
          Leave
        </Button>
      </Group>
    </Modal>
  );
}
