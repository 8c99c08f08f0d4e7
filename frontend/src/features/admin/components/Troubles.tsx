import { Anchor, Paper, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconExclamationCircle } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Trouble } from "../health";
import classes from "./Troubles.module.css";

/** What is wrong, and what to do; said aloud when it changes. */
export function Troubles({ list }: { list: readonly Trouble[] }) {
  return (
    <div role="status" className={classes.box}>
      {list.length === 0 ? (
        <Paper withBorder p="md" className={classes.row}>
          <ThemeIcon variant="light" color="teal" radius="xl" aria-hidden>
            <IconCheck size={18} />
          </ThemeIcon>
          <div>
            <Text fw={600}>Everything is in order</Text>
            <Text size="sm" c="dimmed">
              Workers are alive, nothing has failed and no provider is left alone.
            </Text>
          </div>
        </Paper>
      ) : (
        <Stack gap="xs">
          {list.map(({ level, title, advice, link }) => (
            <Paper key={title} withBorder p="md" className={classes.row} data-level={level}>
              <ThemeIcon variant="light" color={level === "bad" ? "red" : "orange"} radius="xl" aria-hidden>
                {level === "bad" ? <IconExclamationCircle size={18} /> : <IconAlertTriangle size={18} />}
              </ThemeIcon>
              <div>
                <Text fw={600}>{title}</Text>
                <Text size="sm" c="dimmed">
                  {advice}
                </Text>
                {link && (
                  <Anchor component={Link} to={link.to} size="sm">
                    {link.label}
                  </Anchor>
                )}
              </div>
            </Paper>
          ))}
        </Stack>
      )}
    </div>
  );
}
