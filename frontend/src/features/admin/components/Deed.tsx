import { Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Question } from "./Question";

interface Props {
  title: string;
  /** What it is good for, or how things stand. */
  note: ReactNode;
  button: string;
  isDangerous?: boolean;
  question: string;
  /** What happens, in the question. */
  children: ReactNode;
  onConfirm: () => Promise<unknown>;
}

/** Something that can be done, in one line; it asks first. */
export function Deed({ title, note, button, isDangerous = false, question, children, onConfirm }: Props) {
  const [isAsking, asking] = useDisclosure(false);
  return (
    <Group justify="space-between" wrap="nowrap" gap="md" align="flex-start">
      <div>
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {note}
        </Text>
      </div>
      <Button
        size="xs"
        flex="none"
        variant={isDangerous ? "light" : "default"}
        color={isDangerous ? "red" : undefined}
        onClick={asking.open}
      >
        {button}
      </Button>
      <Question
        isOpen={isAsking}
        onClose={asking.close}
        title={question}
        confirm={button}
        isDangerous={isDangerous}
        onConfirm={onConfirm}
      >
        {children}
      </Question>
    </Group>
  );
}
