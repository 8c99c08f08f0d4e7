import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** A part of an account page, narrow enough to be read. */
export function Section({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  return (
    <Stack component="section" gap="md" maw={520} mb={40}>
      <div>
        <Title order={2} size="h4">
          {title}
        </Title>
        {note && (
          <Text c="dimmed" size="sm" mt={4} component="div">
            {note}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
}
