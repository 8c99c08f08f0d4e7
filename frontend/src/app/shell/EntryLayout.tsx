import { Anchor, Center, Group, Paper, Stack } from "@mantine/core";
import { Link, Outlet } from "react-router";
import { ColorSchemeButton } from "./ColorSchemeButton";
import { Logo } from "./Logo";

/** The pages before the sign-in: one form each. */
export function EntryLayout() {
  return (
    <Stack mih="100dvh" gap={0}>
      <Group component="header" justify="space-between" p="md">
        <Logo />
        <Group gap="md">
          <Anchor component={Link} to="/explore" size="sm">
            Explore
          </Anchor>
          <ColorSchemeButton />
        </Group>
      </Group>
      <Center component="main" flex={1} px="md" pb={80}>
        <Paper withBorder p={{ base: "lg", xs: "xl" }} w="100%" maw={440}>
          <Outlet />
        </Paper>
      </Center>
    </Stack>
  );
}
