import { Button, Center, Group, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useTitle } from "~/lib/title";

/** A page that has nothing to show but why, and the way on. */
export function Notice({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  useTitle(title);
  return (
    <Center mih="60vh" p="md">
      <Stack align="center" ta="center" maw={460} gap="sm">
        <Title order={1} size="h2">
          {title}
        </Title>
        <Text c="dimmed" component="div">
          {children}
        </Text>
        <Group mt="sm" justify="center">
          {action}
          <Button component={Link} to="/" variant={action ? "default" : "filled"}>
            Go to the start
          </Button>
        </Group>
      </Stack>
    </Center>
  );
}
