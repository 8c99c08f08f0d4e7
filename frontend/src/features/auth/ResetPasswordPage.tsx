import { useState } from "react";
import { resetPassword } from "~/client";
import { NewPasswordField } from "~/components/NewPasswordField";
import { useProblemForm } from "~/lib/problemForm";
import { hasCode } from "~/lib/problems";
import { EntryForm } from "./components/EntryForm";
import { EntryButton } from "./components/EntryLink";
import { EntryPage } from "./components/EntryPage";
import { useFragmentToken } from "./fragmentToken";

/** Where the link of the letter leads that somebody has who forgot their password. */
export function Component() {
  const token = useFragmentToken();
  if (token === undefined) return <NoLink title="This page needs a link" />;
  return <Reset key={token} token={token} />;
}

function Reset({ token }: { token: string }) {
  const [outcome, setOutcome] = useState<"done" | "wrong-link">();
  const { form, ...sending } = useProblemForm({ initialValues: { password: "" } }, async ({ password }) => {
    try {
      await resetPassword({ body: { password, token } });
      setOutcome("done");
    } catch (error) {
      if (!hasCode(error, "token_not_valid")) throw error;
      setOutcome("wrong-link");
    }
  });

  if (outcome === "wrong-link") return <NoLink title="This link is not valid any more" />;
  if (outcome === "done")
    return (
      <EntryPage
        title="Your password is changed"
        intro="You are signed out everywhere, and the API keys of your account are revoked. Sign in with the new password."
      >
        <EntryButton to="/sign-in">Sign in</EntryButton>
      </EntryPage>
    );
  return (
    <EntryPage
      title="Choose a new password"
      intro="It ends every session of your account and revokes its API keys, so that nobody else stays in."
    >
      <EntryForm button="Change the password" {...sending}>
        <NewPasswordField label="New password" key={form.key("password")} {...form.getInputProps("password")} />
      </EntryForm>
    </EntryPage>
  );
}

function NoLink({ title }: { title: string }) {
  return (
    <EntryPage
      title={title}
      intro="Open the whole link of the newest letter, from http to the end. It works once, and not for long. If it was used or is old, ask for another."
    >
      <EntryButton to="/forgot-password">Ask for a new link</EntryButton>
    </EntryPage>
  );
}
