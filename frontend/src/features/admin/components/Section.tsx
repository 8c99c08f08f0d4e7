import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTitle } from "~/lib/title";

interface Props {
  title: string;
  note?: ReactNode;
  /** What can be done on the whole page. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A page of the administration, under the h1 that all of them share. */
export function Section({ title, note, actions, children }: Props) {
  useTitle(`${title} · Administration`);
  return (
    <section aria-label={title}>
      <Group justify="space-between" align="flex-end" gap="sm" mb="md">
        <div>
          <Title order={2} size="h3">
            {title}
          </Title>
          {note && (
            <Text c="dimmed" size="sm" mt={2} component="div">
              {note}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </section>
  );
}
