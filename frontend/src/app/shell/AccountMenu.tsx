import { Avatar, Menu, Text, UnstyledButton } from "@mantine/core";
import { IconBook2, IconKeyboard, IconLogout, IconUserCircle } from "@tabler/icons-react";
import { Link, useNavigate } from "react-router";
import { useSignOut, useUser } from "~/lib/user";
import { told } from "~/lib/told";
import { ColorSchemeChoice } from "./ColorSchemeChoice";

export function AccountMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const user = useUser();
  const initials = user.username.slice(0, 2).toUpperCase();
  const signOut = useSignOut();
  const navigate = useNavigate();
  return (
    <Menu width={260} position="bottom-end">
      <Menu.Target>
        <UnstyledButton aria-label={`Account of ${user.username} (${initials})`} style={{ borderRadius: "50%" }}>
          <Avatar radius="xl" size={36} color="indigo" variant="light" aria-hidden>
            {initials}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div style={{ padding: "6px 12px" }}>
          <Text fw={600} truncate>
            {user.username}
          </Text>
          <Text size="xs" c="dimmed" truncate>
            {user.email}
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account" leftSection={<IconUserCircle size={16} aria-hidden />}>
          Account
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={onShortcuts}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item
          component="a"
          href="/api/docs"
          target="_blank"
          rel="noreferrer"
          leftSection={<IconBook2 size={16} aria-hidden />}
        >
          API reference
        </Menu.Item>
        <Menu.Divider />
        <ColorSchemeChoice />
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => {
            signOut()
              .catch((error: unknown) => told.failed(error, "This window is signed out; the server could not be told"))
              .finally(() => void navigate("/sign-in"));
          }}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
