import { Alert, Anchor, Button, Code, Group, Text } from "@mantine/core";
import { Mark } from "./Mark";
import { useMutation } from "@tanstack/react-query";
import { Link } from "react-router";
import type { WorkItem } from "~/client";
import { ago, plural, time } from "~/lib/format";
import { messageOf } from "~/lib/problems";
import { told } from "~/lib/told";
import { useAdministration } from "../api/changes";
import { STATES, isOfImage, kindName } from "../work";
import classes from "./Cards.module.css";

/** One piece of work: why it failed, whose it is, and the way to run it again. */
export function JobCard({ item }: { item: WorkItem }) {
  const { retry } = useAdministration();
  const again = useMutation({
    mutationFn: () => retry(item.id),
    onSuccess: () => told.done(`${kindName(item.kind)}: is run again.`),
  });
  return (
    <li className={classes.card}>
      <div className={classes.words}>
        <Group gap="xs">
          <Text fw={600}>{kindName(item.kind)}</Text>
          <Mark tone={item.state === "failed" ? "bad" : "usual"}>{STATES[item.state]}</Mark>
        </Group>
        {item.error && (
          <Text size="sm" mt={4}>
            {item.error.detail} <Code>{item.error.code}</Code>
          </Text>
        )}
        <Origin item={item} />
        {again.error && (
          <Alert color="red" variant="light" mt="sm" role="alert">
            {messageOf(again.error)}
          </Alert>
        )}
      </div>
      {item.state === "failed" && (
        <Button
          size="xs"
          variant="default"
          loading={again.isPending}
          onClick={() => again.mutate()}
          aria-label={`Run again: ${kindName(item.kind)}, ${item.owner.email ?? "an account that is gone"}`}
        >
          Run again
        </Button>
      )}
    </li>
  );
}

/** Whose work it is, on what, since when, and by which request it is found in the log. */
function Origin({ item }: { item: WorkItem }) {
  const { owner } = item;
  return (
    <>
      <Group gap="xs" mt={6}>
        {owner.email === null ? (
          <Text size="sm" c="dimmed">
            The account is gone
          </Text>
        ) : (
          <Anchor component={Link} to={`/admin/users?user=${owner.id}`} size="sm">
            {owner.email}
          </Anchor>
        )}
        {isOfImage(item.kind) && (
          <Anchor component={Link} to={`/admin/content?image=${item.subject_id}`} size="sm">
            The image
          </Anchor>
        )}
        <Text size="sm" c="dimmed" title={time(item.created_at)}>
          Asked for {ago(item.created_at)}, {plural(item.attempts, "attempt")}
        </Text>
      </Group>
      {item.request_id && (
        <Text size="xs" c="dimmed" mt={4}>
          Request {item.request_id}
        </Text>
      )}
    </>
  );
}
