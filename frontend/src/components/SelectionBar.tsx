import { CloseButton, Group, Paper, Text } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { plural } from "~/lib/format";
import classes from "./SelectionBar.module.css";

interface Props {
  count: number;
  onClear: () => void;
  /** What can be done with the chosen ones. */
  children: ReactNode;
  /** Why it did not work for some. */
  problem?: ReactNode;
}

/** What can be done with what is chosen; it stays at the foot of the window, above the phone's tabs. */
export function SelectionBar({ count, onClear, children, problem }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  // What else stands at the foot of the window makes room for it.
  useEffect(() => {
    const root = document.documentElement;
    const measure = () =>
      root.style.setProperty("--selection-bar-height", `${(bar.current?.offsetHeight ?? 0) + 12}px`);
    measure();
    const observer = new ResizeObserver(measure);
    if (bar.current) observer.observe(bar.current);
    return () => {
      observer.disconnect();
      root.style.removeProperty("--selection-bar-height");
    };
  }, []);
  return (
    <div className={classes.place}>
      <Paper ref={bar} withBorder shadow="lg" className={classes.bar} role="region" aria-label="Selection">
        {problem}
        <Group gap="xs" wrap="nowrap" className={classes.row}>
          <CloseButton onClick={onClear} aria-label="Clear the selection" />
          <Text size="sm" fw={600} className={classes.count} aria-live="polite">
            {plural(count, "image")} <span className={classes.word}>selected</span>
          </Text>
          <Group gap={6} wrap="nowrap" className={classes.actions}>
            {children}
          </Group>
        </Group>
      </Paper>
    </div>
  );
}
