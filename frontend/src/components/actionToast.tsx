import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";

const ACTION_MS = 10_000;

interface Action {
  label: string;
  run: () => void;
  /** The address that it leads to, where it is a link: it may then be opened in another tab. */
  href?: string;
}

/** A toast with what can be done about that which it says, while it stands. */
export function tellWithAction(message: string, { label, run, href }: Action): void {
  const choose = () => {
    notifications.hide(id);
    run();
  };
  const looks = { size: "compact-sm", variant: "subtle", style: { flex: "none" } } as const;
  const id = notifications.show({
    autoClose: ACTION_MS,
    message: (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Text size="sm">{message}</Text>
        {href === undefined ? (
          <Button {...looks} onClick={choose}>
            {label}
          </Button>
        ) : (
          <Button
            {...looks}
            component="a"
            href={href}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
              event.preventDefault();
              choose();
            }}
          >
            {label}
          </Button>
        )}
      </Group>
    ),
  });
}
