import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import type { Audit } from "~/client";
import { ago, time } from "~/lib/format";
import { ACTIONS, detailLines } from "../deeds";
import { kindName } from "../work";
import { Facts } from "./Facts";
import classes from "./Cards.module.css";

/** One row of the audit log as a sentence, with what it was like before and after. */
export function ActionCard({ action }: { action: Audit }) {
  const { actor, at, detail, network, request_id: requestId } = action;
  return (
    <li className={classes.card}>
      <div className={classes.words}>
        <Text size="sm" mb={6}>
          <strong>{actor.name}</strong> {ACTIONS[action.action]} <SubjectName action={action} />
        </Text>
        <Facts of={[...detailLines(detail), ["Network", network], ["Request", requestId]]} />
      </div>
      <Text size="sm" c="dimmed" title={ago(at)}>
        <time dateTime={at}>{time(at)}</time>
      </Text>
    </li>
  );
}

function SubjectName({ action: { action, subject } }: { action: Audit }) {
  if (subject.kind === "integrity") return null;
  const label = subject.kind === "work" ? kindName(subject.label) : subject.label || "Untitled";
  const to = addressOf(subject);
  // What was deleted cannot be looked at any more.
  if (to === undefined || action === "image.deleted") return <strong>{label}</strong>;
  return (
    <Anchor component={Link} to={to} inherit fw={600}>
      {label}
    </Anchor>
  );
}

function addressOf({ kind, id }: Audit["subject"]): string | undefined {
  if (id === null) return undefined;
  if (kind === "user") return `/admin/users?user=${id}`;
  return kind === "image" ? `/admin/content?image=${id}` : undefined;
}
