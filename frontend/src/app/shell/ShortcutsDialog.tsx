import { Group, Kbd, Modal, Stack, Text } from "@mantine/core";
import { useShortcutList } from "~/lib/shortcuts";

const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  " ": "Space",
};

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
            {keys.split(" ").map((key) => (
              <Kbd key={key}>{named(key)}</Kbd>
            ))}
          </Group>
        </Group>
      ))}
    </Stack>
  );
}

function named(key: string): string {
  return key
    .split("+")
    .map((part) =>
      part === "mod"
        ? /Mac|iPhone|iPad/.test(navigator.userAgent)
          ? "⌘"
          : "Ctrl"
        : (NAMES[part] ?? part.toUpperCase()),
    )
    .join(" ");
}
