import { Alert } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconWifiOff } from "@tabler/icons-react";

/** The browser has no network: what is shown may be old, and what is sent will have to be sent again. */
export function OfflineNotice() {
  const { online } = useNetwork();
  return (
    <div role="status">
      {!online && (
        <Alert color="yellow" variant="light" icon={<IconWifiOff />} mb="md" title="You are offline">
          What you see may be old. Uploads go on when the connection is back.
        </Alert>
      )}
    </div>
  );
}
