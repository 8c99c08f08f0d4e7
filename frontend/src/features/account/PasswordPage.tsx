import { Button, Group, Stack } from "@mantine/core";
import { changePassword } from "~/client";
import { FormProblem } from "~/components/FormProblem";
import { NewPasswordField } from "~/components/NewPasswordField";
import { PageHeader } from "~/components/PageHeader";
import { PasswordField } from "~/components/PasswordField";
import { useProblemForm } from "~/lib/problemForm";
import { told } from "~/lib/told";
import { useUser } from "~/lib/user";

export function Component() {
  const { email } = useUser();
  const { form, problem, isSending, onSubmit } = useProblemForm(
    { initialValues: { current_password: "", password: "" } },
    async (body, form) => {
      await changePassword({ body });
      form.reset();
      told.done("Your password is changed. You are signed out everywhere else.");
    },
  );
  return (
    <>
      <PageHeader title="Password" note="A new one signs you out everywhere else. API keys go on." />
      <form onSubmit={onSubmit}>
        <Stack maw={520}>
          <FormProblem problem={problem} />
          {/* Tells password managers whose password it is. */}
          <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
          <PasswordField
            label="Current password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            key={form.key("current_password")}
            {...form.getInputProps("current_password")}
          />
          <NewPasswordField label="New password" key={form.key("password")} {...form.getInputProps("password")} />
          <Group>
            <Button type="submit" loading={isSending}>
              Change the password
            </Button>
          </Group>
        </Stack>
      </form>
    </>
  );
}
