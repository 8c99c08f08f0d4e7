import { Group, NavLink, Progress, Stack, Text } from "@mantine/core";
import { type Icon, IconPhoto, IconShieldCog, IconSparkles, IconTrash, IconWorld } from "@tabler/icons-react";
import { Link, useLocation } from "react-router";
import type { User } from "~/client";
import { useCapabilities } from "~/lib/capabilities";
import { bytes, percent } from "~/lib/format";
import { useUser } from "~/lib/user";
import classes from "./Shell.module.css";

interface Place {
  to: string;
  label: string;
  Icon: Icon;
}

function usePlaces(user: User): Place[] {
  const { features } = useCapabilities();
  return [
    { to: "/library", label: "Library", Icon: IconPhoto },
    ...(features.generation ? [{ to: "/generate", label: "Generate", Icon: IconSparkles }] : []),
    { to: "/explore", label: "Explore", Icon: IconWorld },
    { to: "/trash", label: "Trash", Icon: IconTrash },
    ...(user.role === "admin" ? [{ to: "/admin", label: "Admin", Icon: IconShieldCog }] : []),
  ];
}

function useIsHere(): (to: string) => boolean {
  const { pathname } = useLocation();
  return (to) => pathname === to || pathname.startsWith(`${to}/`);
}

export function SideBar() {
  const user = useUser();
  const places = usePlaces(user);
  const isHere = useIsHere();
  return (
    <Stack justify="space-between" h="100%">
      <nav aria-label="Main">
        {places.map(({ to, label, Icon }) => (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={label}
            leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
            active={isHere(to)}
            aria-current={isHere(to) ? "page" : undefined}
            style={{ borderRadius: "var(--mantine-radius-md)" }}
          />
        ))}
      </nav>
      <StorageUse user={user} />
    </Stack>
  );
}

export function BottomBar() {
  const places = usePlaces(useUser());
  const isHere = useIsHere();
  return (
    <Group component="nav" aria-label="Main" gap={0} wrap="nowrap">
      {places.map(({ to, label, Icon }) => (
        <Link key={to} to={to} className={classes.tab} aria-current={isHere(to) ? "page" : undefined}>
          <Icon size={22} stroke={1.7} aria-hidden />
          {label}
        </Link>
      ))}
    </Group>
  );
}

function StorageUse({ user: { storage } }: { user: User }) {
  const { used, quota } = storage;
  const share = quota === null ? 0 : percent(used, quota);
  return (
    <div>
      <Text size="xs" c="dimmed">
        {quota === null ? `${bytes(used)} used` : `${bytes(used)} of ${bytes(quota)} used`}
      </Text>
      {quota !== null && (
        <Progress value={share} size="xs" mt={6} color={share > 90 ? "red" : undefined} aria-label="Storage used" />
      )}
    </div>
  );
}
