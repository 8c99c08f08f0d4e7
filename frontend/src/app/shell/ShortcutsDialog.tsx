import { Group, Kbd, Modal, Stack, Text } from "@mantine/core";
import { useShortcutList } from "~/lib/shortcuts";
import { keyNames } from "./keyNames";

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

export default function ShortcutsDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keyboard shortcuts" size="md">
      <List />
    </Modal>
  );
}

function List() {
  const shortcuts = useShortcutList();
  return (
    <Stack gap="xs">
      {shortcuts.map(({ keys, does }) => (
        <Group key={keys} justify="space-between" wrap="nowrap">
          <Text size="sm">{does}</Text>
          <Group gap={4} wrap="nowrap">
            {keyNames(keys, { isMac: IS_MAC }).map((name) => (
              <Kbd key={name}>{name}</Kbd>
            ))}
          </Group>
        </Group>
      ))}
    </Stack>
  );
}
