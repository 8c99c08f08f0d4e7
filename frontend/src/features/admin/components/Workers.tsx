import { Alert, Group, Paper, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { WorkSummary } from "~/client";
import { ago, plural } from "~/lib/format";

/** Who works, and what waits for them. */
export function Workers({ queue }: { queue: WorkSummary["queue"] }) {
  if (queue.unavailable !== null)
    return (
      <Alert color="red" variant="light" icon={<IconAlertTriangle />} title="The queue cannot be reached" mb="md">
        {queue.unavailable} Work is kept in the database and goes on once Redis answers.
      </Alert>
    );
  if (queue.workers.length === 0)
    return (
      <Alert color="red" variant="light" icon={<IconAlertTriangle />} title="No worker is alive" mb="md">
        Nothing is done until one runs. Start a worker, or see in its log why it ended.
      </Alert>
    );
  return (
    <Paper withBorder p="md" mb="md">
      <Text size="sm" fw={600} mb={4}>
        {plural(queue.workers.length, "worker")}, {plural(queue.queue_length ?? 0, "hint")} in the queue
      </Text>
      <Group component="ul" gap="lg" m={0} p={0} style={{ listStyle: "none" }}>
        {queue.workers.map(({ name, host, state, last_heartbeat: seen }) => (
          <Text key={name} component="li" size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {host}: {state === "busy" ? "working" : "idle"}
            {seen && `, heard of ${ago(seen)}`}
          </Text>
        ))}
      </Group>
    </Paper>
  );
}
