import { Alert, Code } from "@mantine/core";
import { IconMailOff } from "@tabler/icons-react";
import { useCapabilities } from "~/lib/capabilities";

/** Where no mail server is set up: that nothing will arrive, and who has the letter. Nothing where letters are sent. */
export function NoMailNote() {
  const { features } = useCapabilities();
  if (features.email) return null;
  return (
    <Alert variant="light" color="gray" icon={<IconMailOff />} title="This installation sends no e-mails">
      Its letters are files instead, in the folder <Code>mail</Code> of its data. Ask whoever runs it to open yours.
    </Alert>
  );
}
