import { Title } from "@mantine/core";
import { useEffect, useRef } from "react";
import { NavLink, Outlet, useLocation } from "react-router";
import classes from "./AdminLayout.module.css";

const TABS = [
  { to: "/admin", label: "Overview" },
  { to: "/admin/users", label: "Users" },
  { to: "/admin/content", label: "Content" },
  { to: "/admin/jobs", label: "Jobs" },
  { to: "/admin/integrity", label: "Integrity" },
  { to: "/admin/audit", label: "Audit log" },
  { to: "/admin/ai", label: "AI ledger" },
];

/** The administration: its pages side by side. */
export function Component() {
  return (
    <>
      <Title order={1} size="h2" mb="xs">
        Administration
      </Title>
      <Tabs />
      <Outlet />
    </>
  );
}

function Tabs() {
  const tabs = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    // On a phone the row is longer than the screen.
    tabs.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [pathname]);
  return (
    <nav ref={tabs} aria-label="Administration" className={classes.tabs}>
      {TABS.map(({ to, label }) => (
        <NavLink key={to} to={to} end={to === "/admin"} className={classes.tab}>
          {label}
        </NavLink>
      ))}
    </nav>
  );
}
