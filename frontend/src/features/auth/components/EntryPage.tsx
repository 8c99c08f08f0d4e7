import { Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTitle } from "~/lib/title";

interface Props {
  title: string;
  intro?: ReactNode;
  children?: ReactNode;
  /** Links to what else one may have come for. */
  below?: ReactNode;
}

/** One thing to do before the sign-in, or what became of it. */
export function EntryPage({ title, intro, children, below }: Props) {
  useTitle(title);
  return (
    <Stack gap="lg">
      <div>
        <Title order={1} size="h2">
          {title}
        </Title>
        {intro && (
          <Text c="dimmed" mt={6} component="div">
            {intro}
          </Text>
        )}
      </div>
      {children}
      {below && (
        <Group justify="space-between" gap="xs" fz="sm">
          {below}
        </Group>
      )}
    </Stack>
  );
}
