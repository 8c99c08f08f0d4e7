import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { ApiError, messageOf } from "~/lib/problems";

/** What should stand here could not be loaded: why, and a way to try again. */
export function LoadFailed({ error, onRetry, what }: { error: unknown; onRetry: () => void; what: string }) {
  const id = error instanceof ApiError ? error.requestId : undefined;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={`${what} could not be loaded`} role="alert">
      <Text size="sm">{messageOf(error)}</Text>
      {id && (
        <Text size="xs" c="dimmed" mt={4}>
          Request {id}
        </Text>
      )}
      <Group mt="sm">
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      </Group>
    </Alert>
  );
}
