import { Anchor, Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";

export function EntryLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} size="sm">
      {children}
    </Anchor>
  );
}

/** The way on from a page that has done its work. */
export function EntryButton({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Button component={Link} to={to} fullWidth>
      {children}
    </Button>
  );
}
