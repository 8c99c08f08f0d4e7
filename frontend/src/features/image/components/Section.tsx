import { Stack, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

/** A part of the panel, under a heading of its own. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <Stack component="section" gap="xs" aria-labelledby={id}>
      <div style={{ display: "flex", alignItems: "center", justifyContent: "space-between", gap: 8, minHeight: 26 }}>
        <Title order={3} size="h6" id={id}>
          {title}
        </Title>
        {aside}
      </div>
      {children}
    </Stack>
  );
}
