import { Alert, Button, Group, List, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useNavigate } from "react-router";
import { closeAccount } from "~/client";
import { FormProblem } from "~/components/FormProblem";
import { PageHeader } from "~/components/PageHeader";
import { PasswordField } from "~/components/PasswordField";
import { useProblemForm } from "~/lib/problemForm";
import { session } from "~/lib/session";
import { told } from "~/lib/told";
import { useUser } from "~/lib/user";
import { confirm } from "./confirm";

export function Component() {
  const { email, username } = useUser();
  const navigate = useNavigate();
  const { form, problem, isSending, onSubmit } = useProblemForm({ initialValues: { password: "" } }, async (body) => {
    if (!(await isMeant(username))) return;
    await closeAccount({ body });
    session.end();
    void navigate("/sign-in", { replace: true });
    told.done("Your account is closed.");
  });
  return (
    <>
      <PageHeader title="Close account" />
      <Stack maw={520}>
        <Alert color="red" variant="light" icon={<IconAlertTriangle />} title="This cannot be taken back">
          <List size="sm" spacing={4}>
            <List.Item>
              All your images are removed, those in the trash too, with every version and every text.
            </List.Item>
            <List.Item>Links that you shared open nothing any more, and what you published is gone.</List.Item>
            <List.Item>You are signed out everywhere, and your API keys are revoked.</List.Item>
            <List.Item>Your address and your username are free for somebody else.</List.Item>
          </List>
        </Alert>
        <Text size="sm">Download before what you want to keep: nobody can bring it back for you.</Text>
        <form onSubmit={onSubmit}>
          <Stack>
            <FormProblem problem={problem} />
            <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
            <PasswordField
              label="Password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              key={form.key("password")}
              {...form.getInputProps("password")}
            />
            <Group>
              <Button type="submit" color="red.9" loading={isSending}>
                Close my account
              </Button>
            </Group>
          </Stack>
        </form>
      </Stack>
    </>
  );
}

/** The last question. */
function isMeant(username: string): Promise<boolean> {
  return new Promise((resolve) => {
    confirm({
      title: "Close the account for good?",
      children: `The account of ${username} and all its images are removed.`,
      confirm: "Close it for good",
      onConfirm: () => resolve(true),
      onCancel: () => resolve(false),
    });
  });
}
