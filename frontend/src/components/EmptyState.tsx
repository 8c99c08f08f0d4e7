import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  /** What to do next: a button or a link. */
  action?: ReactNode;
  /** 1 where nothing else is the page's heading. */
  headingOrder?: 1 | 2;
}

/** There is nothing here yet: what belongs here, and how it gets here. */
export function EmptyState({ icon, title, children, action, headingOrder = 2 }: Props) {
  return (
    <Stack align="center" gap="xs" py={72} px="md" ta="center">
      <ThemeIcon size={56} radius="xl" variant="light" aria-hidden>
        {icon}
      </ThemeIcon>
      <Title order={headingOrder} size="h4" mt="xs">
        {title}
      </Title>
      {children && (
        <Text c="dimmed" maw={440}>
          {children}
        </Text>
      )}
      {action && <div style={{ marginTop: "var(--mantine-spacing-sm)" }}>{action}</div>}
    </Stack>
  );
}
