import { ActionIcon, Group, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconRestore } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import classes from "./EditorLayer.module.css";
import type { Editing } from "./useEdit";

interface Props extends Pick<Editing, "undo" | "redo" | "undoes" | "redoes"> {
  onReset: () => void;
  canReset: boolean;
}

export function HistoryButtons({ undo, redo, undoes, redoes, onReset, canReset }: Props) {
  const [said, say] = useState("");
  return (
    <Group gap={4} wrap="nowrap" role="group" aria-label="History">
      <Step
        label={undoes === undefined ? "Undo" : `Undo: ${undoes}`}
        isOff={undoes === undefined}
        icon={<IconArrowBackUp size={18} />}
        onClick={() => {
          say(`Undone: ${undoes ?? ""}`);
          undo();
        }}
      />
      <Step
        label={redoes === undefined ? "Redo" : `Redo: ${redoes}`}
        isOff={redoes === undefined}
        icon={<IconArrowForwardUp size={18} />}
        onClick={() => {
          say(`Done again: ${redoes ?? ""}`);
          redo();
        }}
      />
      <Step
        label="Start again"
        isOff={!canReset}
        icon={<IconRestore size={18} />}
        onClick={() => {
          say("Back to the original");
          onReset();
        }}
      />
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </Group>
  );
}

interface StepProps {
  label: string;
  isOff: boolean;
  icon: ReactNode;
  onClick: () => void;
}

/** Stays focusable where there is nothing to undo: the focus must not be lost with the last step back. */
function Step({ label, isOff, icon, onClick }: StepProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        aria-disabled={isOff}
        className={classes.step}
        onClick={() => {
          if (!isOff) onClick();
        }}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
