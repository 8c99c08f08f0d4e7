import { Alert, Button, Group, Text } from "@mantine/core";
import type { Draft } from "../api/draft";

/** What was written meets what stands there by now: nothing of either is lost before somebody has chosen. */
export function ChangedElsewhere({ draft }: { draft: Draft }) {
  if (draft.theirs === undefined) return null;
  return (
    <Alert color="yellow" variant="light" role="alert" title="Changed elsewhere meanwhile" p="sm">
      <Text size="sm">{draft.theirs === "" ? "There it is empty now." : `There it says now: “${draft.theirs}”`}</Text>
      <Group gap="xs" mt="xs">
        <Button size="xs" onClick={draft.keepMine}>
          Keep mine
        </Button>
        <Button size="xs" variant="default" onClick={draft.undo}>
          Take the other
        </Button>
      </Group>
    </Alert>
  );
}

/** Where it is suggested to take something over, the field that is being written in must not be left, and saved, first. */
export function keepFocus(event: { preventDefault: () => void }): void {
  event.preventDefault();
}
