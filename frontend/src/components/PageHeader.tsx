import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTitle } from "~/lib/title";

/** The page's one h1, which names the window too, with what can be done on the whole page at its right. */
export function PageHeader({ title, note, children }: { title: string; note?: ReactNode; children?: ReactNode }) {
  useTitle(title);
  return (
    <Group justify="space-between" align="flex-end" gap="sm" mb="lg">
      <div>
        <Title order={1} size="h2">
          {title}
        </Title>
        {note && (
          <Text c="dimmed" size="sm" mt={4} component="div">
            {note}
          </Text>
        )}
      </div>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}
