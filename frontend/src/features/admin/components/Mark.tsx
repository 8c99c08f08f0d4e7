import { Badge } from "@mantine/core";
import type { ReactNode } from "react";

/** A state in one word, beside what it is about; without a tone it is the usual one. */
export function Mark({
  tone = "usual",
  children,
}: {
  tone?: "usual" | "bad" | "good" | "accent";
  children: ReactNode;
}) {
  const color = { usual: "gray", bad: "red", good: "teal", accent: undefined }[tone];
  return (
    <Badge size="sm" variant="light" color={color} tt="none" fw={600}>
      {children}
    </Badge>
  );
}
