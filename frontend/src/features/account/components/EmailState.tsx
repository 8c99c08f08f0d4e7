import { Alert, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type User, resendVerification } from "~/client";
import { NoMailNote } from "~/components/NoMailNote";
import { useCapabilities } from "~/lib/capabilities";
import { told } from "~/lib/told";

/** Whether the address is shown to be the user's, and what is still to be done for that. */
export function EmailState({ user }: { user: User }) {
  const { email, email_verified: isVerified, pending_email: pending } = user;
  const { features } = useCapabilities();
  const resend = useMutation({
    mutationFn: () => resendVerification({ body: {} }),
    onSuccess: () =>
      told.done(features.email ? `A link is on its way to ${email}.` : "The letter with the link is written."),
    onError: (error) => told.failed(error, "No link was sent"),
  });
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Text fw={550} style={{ overflowWrap: "anywhere" }}>
          {email}
        </Text>
        <Badge variant="light" color={isVerified ? "teal" : "gray"} c="var(--mantine-color-text)">
          {isVerified ? "Confirmed" : "Not confirmed"}
        </Badge>
        {!isVerified && (
          <Button size="compact-sm" variant="subtle" loading={resend.isPending} onClick={() => resend.mutate()}>
            Send a link to confirm it
          </Button>
        )}
      </Group>
      {pending !== null && (
        <Alert variant="light" icon={<IconMail />} title={`${pending} is to be confirmed`}>
          Open the link that was sent there; until then your address stays as it is. To drop the change, save your
          present address below. If no letter arrived, ask for the change again.
        </Alert>
      )}
      {(pending !== null || resend.isSuccess) && <NoMailNote />}
    </Stack>
  );
}
