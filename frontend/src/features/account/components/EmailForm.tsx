import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type User, editProfile } from "~/client";
import { FormProblem } from "~/components/FormProblem";
import { PasswordField } from "~/components/PasswordField";
import { useProblemForm } from "~/lib/problemForm";
import { told } from "~/lib/told";
import { profileChanged } from "../profile";

/** Another address takes the password, and, unless nobody is asked to confirm one here, a link that is opened at the new one. */
export function EmailForm({ user }: { user: User }) {
  const client = useQueryClient();
  const { form, problem, isSending, onSubmit } = useProblemForm(
    { initialValues: { email: user.email, current_password: "" } },
    async (body, form) => {
      const { data } = await editProfile({ body });
      profileChanged(client, data);
      form.setValues({ email: data.email, current_password: "" });
      told.done(outcomeOf(user, data));
    },
  );
  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <FormProblem problem={problem} />
        <TextInput
          label="E-mail address"
          type="email"
          inputMode="email"
          autoComplete="email"
          required
          withAsterisk={false}
          maxLength={254}
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordField
          label="Password"
          description="To change the address, so that nobody else can."
          inputWrapperOrder={["label", "input", "error", "description"]}
          autoComplete="current-password"
          required
          withAsterisk={false}
          key={form.key("current_password")}
          {...form.getInputProps("current_password")}
        />
        <Group>
          <Button type="submit" variant="default" loading={isSending}>
            Change the address
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function outcomeOf(before: User, { email, pending_email }: User): string {
  if (pending_email !== null) return `A link was sent to ${pending_email}. The address changes once it is opened.`;
  if (email !== before.email) return `Your address is ${email} now.`;
  return `Your address stays ${email}.`;
}
