import { Alert, List, Text } from "@mantine/core";
import { type Failure, reasonsOf } from "~/lib/batch";
import { count } from "~/lib/format";

interface Props {
  failed: readonly Failure[];
  /** How many it was asked for. */
  of: number;
  onClose: () => void;
}

/** For how many of the chosen ones it did not work, and why; they are still chosen. */
export function BatchProblem({ failed, of, onClose }: Props) {
  return (
    <Alert
      color="red"
      variant="light"
      mb="xs"
      role="alert"
      title={`${count(failed.length)} of ${count(of)} failed`}
      withCloseButton
      closeButtonLabel="Dismiss"
      onClose={onClose}
    >
      <List size="sm" spacing={2}>
        {reasonsOf(failed)
          .slice(0, 4)
          .map((reason) => (
            <List.Item key={reason}>{reason}</List.Item>
          ))}
      </List>
      <Text size="sm" mt={4}>
        They are still selected.
      </Text>
    </Alert>
  );
}
