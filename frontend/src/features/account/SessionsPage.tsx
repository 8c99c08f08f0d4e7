import { Badge, Button, Text } from "@mantine/core";
import { IconDeviceLaptop } from "@tabler/icons-react";
import type { Session } from "~/client";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { ago, plural, time } from "~/lib/format";
import { told } from "~/lib/told";
import { useEndOtherSessions, useEndSession, useSessions, useSignOutEverywhere } from "./api/sessions";
import { List, Row } from "./components/List";
import { confirm } from "./confirm";
import { programOf } from "./programs";

export function Component() {
  const query = useSessions();
  const hasOthers = query.hasNextPage || query.sessions.some((each) => !each.is_current);
  return (
    <>
      <PageHeader title="Sessions" note="Where you are signed in, the one that was used last first.">
        <EndOthers isDisabled={!hasOthers} />
        <EndAll />
      </PageHeader>
      <List
        label="Sessions"
        what="Your sessions"
        query={query}
        isEmpty={query.sessions.length === 0}
        empty={<EmptyState icon={<IconDeviceLaptop size={28} />} title="No sessions" />}
      >
        {query.sessions.map((each) => (
          <SessionRow key={each.id} session={each} />
        ))}
      </List>
    </>
  );
}

function SessionRow({ session }: { session: Session }) {
  const program = programOf(session.device);
  const end = useEndSession();
  const ask = () =>
    confirm({
      title: "End this session?",
      children: `${program}, signed in ${time(session.created_at)} from ${session.network}, is signed out at once.`,
      confirm: "End session",
      onConfirm: () =>
        end.mutate(session.id, {
          onSuccess: () => told.done(`${program} is signed out.`),
          onError: (error) => told.failed(error, "The session was not ended"),
        }),
    });
  return (
    <Row
      action={
        session.is_current ? (
          <Badge variant="light" style={{ flex: "none" }}>
            This one
          </Badge>
        ) : (
          <Button
            size="xs"
            variant="default"
            loading={end.isPending}
            onClick={ask}
            aria-label={`End the session of ${program}`}
            style={{ flex: "none" }}
          >
            End
          </Button>
        )
      }
    >
      <Text fw={550} lineClamp={2} title={session.device}>
        {program}
      </Text>
      <Text size="sm" c="dimmed">
        Signed in {time(session.created_at)} from {session.network}
      </Text>
      <Text size="sm" c="dimmed">
        Last renewed {ago(session.last_used_at)}; ends {ago(session.expires_at)} unless it is used before
      </Text>
    </Row>
  );
}

function EndOthers({ isDisabled }: { isDisabled: boolean }) {
  const others = useEndOtherSessions();
  const ask = () =>
    confirm({
      title: "Sign out everywhere else?",
      children: "Every session but this one ends at once. API keys go on.",
      confirm: "Sign out everywhere else",
      onConfirm: () =>
        others.mutate(undefined, {
          onSuccess: (count) => told.done(`${plural(count, "session")} ended.`),
          onError: (error) => told.failed(error, "Not every session was ended"),
        }),
    });
  return (
    <Button variant="default" disabled={isDisabled} loading={others.isPending} onClick={ask}>
      Sign out everywhere else
    </Button>
  );
}

function EndAll() {
  const all = useSignOutEverywhere();
  const ask = () =>
    confirm({
      title: "Sign out everywhere?",
      children: "Every session ends at once, this one too. API keys go on.",
      confirm: "Sign out everywhere",
      onConfirm: () =>
        all.mutate(undefined, { onError: (error) => told.failed(error, "Your sessions were not ended") }),
    });
  return (
    <Button variant="default" loading={all.isPending} onClick={ask}>
      Sign out everywhere
    </Button>
  );
}
