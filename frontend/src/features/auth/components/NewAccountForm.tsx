import { TextInput } from "@mantine/core";
import { NewPasswordField } from "~/components/NewPasswordField";
import { useProblemForm } from "~/lib/problemForm";
import { EmailField } from "./EmailField";
import { EntryForm } from "./EntryForm";

export interface NewAccount {
  email: string;
  password: string;
  username?: string;
}

interface Props {
  button: string;
  onSend: (account: NewAccount) => Promise<unknown>;
}

/** Who wants an account says by what they sign in, and what they are called. */
export function NewAccountForm({ button, onSend }: Props) {
  const { form, ...sending } = useProblemForm(
    { initialValues: { email: "", username: "", password: "" } },
    ({ username, ...account }) => onSend(username === "" ? account : { ...account, username }),
  );
  return (
    <EntryForm button={button} {...sending}>
      <EmailField key={form.key("email")} {...form.getInputProps("email")} />
      <TextInput
        label="Username (optional)"
        description="Stands beside the pictures that you publish. One is made up if you leave this empty."
        inputWrapperOrder={["label", "input", "error", "description"]}
        autoComplete="nickname"
        autoCapitalize="none"
        spellCheck={false}
        minLength={3}
        maxLength={30}
        key={form.key("username")}
        {...form.getInputProps("username")}
      />
      <NewPasswordField label="Password" key={form.key("password")} {...form.getInputProps("password")} />
    </EntryForm>
  );
}
