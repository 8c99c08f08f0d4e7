import { useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { registerAccount } from "~/client";
import { NoMailNote } from "~/components/NoMailNote";
import { useCapabilities } from "~/lib/capabilities";
import { session } from "~/lib/session";
import { useSessionState } from "~/lib/user";
import { EntryButton, EntryLink } from "./components/EntryLink";
import { EntryPage } from "./components/EntryPage";
import { type NewAccount, NewAccountForm } from "./components/NewAccountForm";
import { destination } from "./destination";

export function Component() {
  const [params] = useSearchParams();
  const { features } = useCapabilities();
  const [askedFor, setAskedFor] = useState<string>();
  const isSignedIn = useSessionState() === "signed-in";

  const send = async (account: NewAccount) => {
    const { data } = await registerAccount({ body: account });
    if ("tokens" in data) session.begin(data.tokens);
    else setAskedFor(data.email);
  };

  if (isSignedIn) return <Navigate to={destination(params.get("to"))} replace />;
  const signIn = params.size === 0 ? "/sign-in" : `/sign-in?${params.toString()}`;
  if (!features.registration)
    return (
      <EntryPage
        title="Registration is closed"
        intro="This installation takes no new accounts. If you have one, sign in."
      >
        <EntryButton to={signIn}>Sign in</EntryButton>
      </EntryPage>
    );
  if (askedFor !== undefined) return <LookIntoMailbox email={askedFor} signIn={signIn} />;
  return (
    <EntryPage title="Register" below={<EntryLink to={signIn}>You have an account? Sign in</EntryLink>}>
      <NewAccountForm button="Register" onSend={send} />
    </EntryPage>
  );
}

function LookIntoMailbox({ email, signIn }: { email: string; signIn: string }) {
  return (
    <EntryPage
      title="Look into your mailbox"
      intro={`A letter to ${email} is on its way. Open its link to confirm the address; until then you can sign in and look around, but not upload.`}
      below={<EntryLink to="/verify-email">No letter arrived?</EntryLink>}
    >
      <NoMailNote />
      <EntryButton to={signIn}>Sign in</EntryButton>
    </EntryPage>
  );
}
