import { useState } from "react";
import { requestPasswordReset } from "~/client";
import { NoMailNote } from "~/components/NoMailNote";
import { useProblemForm } from "~/lib/problemForm";
import { EmailField } from "./components/EmailField";
import { EntryForm } from "./components/EntryForm";
import { EntryButton, EntryLink } from "./components/EntryLink";
import { EntryPage } from "./components/EntryPage";

export function Component() {
  const [askedFor, setAskedFor] = useState<string>();
  const { form, ...sending } = useProblemForm({ initialValues: { email: "" } }, async (body) => {
    await requestPasswordReset({ body });
    setAskedFor(body.email);
  });

  if (askedFor !== undefined)
    return (
      <EntryPage
        title="Look into your mailbox"
        intro={`If ${askedFor} belongs to an account, a letter with a link is on its way there. The link works once, and not for long.`}
      >
        <NoMailNote />
        <EntryButton to="/sign-in">Back to the sign-in</EntryButton>
      </EntryPage>
    );
  return (
    <EntryPage
      title="Forgot your password?"
      intro="Name the address of your account. A link goes there, by which you choose a new password."
      below={<EntryLink to="/sign-in">Back to the sign-in</EntryLink>}
    >
      <NoMailNote />
      <EntryForm button="Send a link" {...sending}>
        <EmailField key={form.key("email")} {...form.getInputProps("email")} />
      </EntryForm>
    </EntryPage>
  );
}
