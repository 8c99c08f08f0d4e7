import { Button, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { messageOf } from "~/lib/problems";
import { Conflict } from "../api/editing";
import classes from "./Fields.module.css";

interface Unsaved {
  name: string;
  text: string;
  failure: unknown;
  /** Saves it after all, whatever stands there by now. */
  onSave: () => void;
}

/** What was written of an image that is no longer shown, and could not be saved: it stands there until somebody has decided. */
export function tellUnsaved({ name, text, failure, onSave }: Unsaved): void {
  const isConflict = failure instanceof Conflict;
  const notice = notifications.show({
    title: `The ${name} was not saved`,
    color: "red",
    role: "alert",
    autoClose: false,
    message: (
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{isConflict ? "It was changed elsewhere meanwhile." : messageOf(failure)}</Text>
        <Text size="sm" className={classes.unsaved} tabIndex={0}>
          {text === "" ? "You had emptied it." : `You had written: “${text}”`}
        </Text>
        <Button
          size="compact-sm"
          variant="light"
          onClick={() => {
            notifications.hide(notice);
            onSave();
          }}
        >
          {isConflict ? "Keep mine" : "Try again"}
        </Button>
      </Stack>
    ),
  });
}
