import { NavLink } from "@mantine/core";
import { IconDeviceLaptop, IconKey, IconLock, IconUserCircle, IconUserX } from "@tabler/icons-react";
import { Link, Outlet, useLocation } from "react-router";
import classes from "./AccountLayout.module.css";

const PAGES = [
  { to: "/account", label: "Profile", Icon: IconUserCircle },
  { to: "/account/password", label: "Password", Icon: IconLock },
  { to: "/account/sessions", label: "Sessions", Icon: IconDeviceLaptop },
  { to: "/account/keys", label: "API keys", Icon: IconKey },
  { to: "/account/close", label: "Close account", Icon: IconUserX },
] as const;

/** The pages of one's account: a list of them beside each, on a phone in rows above it. */
export function Component() {
  const { pathname } = useLocation();
  return (
    <div className={classes.layout}>
      <nav aria-label="Account" className={classes.pages}>
        {PAGES.map(({ to, label, Icon }) => (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={label}
            leftSection={<Icon size={16} stroke={1.7} aria-hidden />}
            active={pathname === to}
            aria-current={pathname === to ? "page" : undefined}
            className={classes.page}
          />
        ))}
      </nav>
      <div className={classes.content}>
        <Outlet />
      </div>
    </div>
  );
}
