import { Alert, Button, Checkbox, Group, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "~/lib/problems";
import { useAdministration } from "../api/changes";

/** Has a worker make a new report. */
export function Examine({ isUnderWay }: { isUnderWay: boolean }) {
  const { examine } = useAdministration();
  const [checksums, setChecksums] = useState(false);
  const order = useMutation({ mutationFn: () => examine(checksums) });
  return (
    <Stack gap="xs">
      <Group gap="md">
        <Button loading={order.isPending} disabled={isUnderWay} onClick={() => order.mutate()}>
          Examine now
        </Button>
        <Checkbox
          label="Compare checksums"
          description="Reads every original: slow, and the worker does nothing else meanwhile."
          checked={checksums}
          disabled={isUnderWay}
          onChange={(event) => setChecksums(event.currentTarget.checked)}
        />
      </Group>
      {order.error && (
        <Alert color="red" variant="light" role="alert">
          {messageOf(order.error)}
        </Alert>
      )}
    </Stack>
  );
}
