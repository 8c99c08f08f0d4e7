import { Code } from "@mantine/core";
import { useState } from "react";
import { Navigate } from "react-router";
import { setUp } from "~/client";
import { hasStatus } from "~/lib/problems";
import { session } from "~/lib/session";
import { EntryButton } from "./components/EntryLink";
import { EntryPage } from "./components/EntryPage";
import { type NewAccount, NewAccountForm } from "./components/NewAccountForm";
import { useFragmentToken } from "./fragmentToken";

/** The first run: whoever has the link of the start message makes the first administrator. */
export function Component() {
  const token = useFragmentToken();
  if (token === undefined) return <NoLink title="This page needs a link" />;
  return <Setup key={token} token={token} />;
}

function Setup({ token }: { token: string }) {
  const [outcome, setOutcome] = useState<"done" | "wrong-link" | "over">();

  const send = async (account: NewAccount) => {
    try {
      const { data } = await setUp({ body: { ...account, token } });
      session.begin(data.tokens);
      setOutcome("done");
    } catch (error) {
      if (hasStatus(error, 403)) setOutcome("wrong-link");
      else if (hasStatus(error, 410)) setOutcome("over");
      else throw error;
    }
  };

  if (outcome === "done") return <Navigate to="/library" replace />;
  if (outcome === "wrong-link") return <NoLink title="This set-up link is not valid" />;
  if (outcome === "over")
    return (
      <EntryPage
        title="Aizen is set up already"
        intro="There is an administrator, so this link has done its work. Sign in with that account; administrators can give others the role."
      >
        <EntryButton to="/sign-in">Sign in</EntryButton>
      </EntryPage>
    );
  return (
    <EntryPage
      title="Set up Aizen"
      intro="Make the account of the first administrator, who looks after users, images and the service itself."
    >
      <NewAccountForm button="Create administrator" onSend={send} />
    </EntryPage>
  );
}

function NoLink({ title }: { title: string }) {
  return (
    <EntryPage
      title={title}
      intro={
        <>
          Open the whole link that Aizen printed when it started, from http to the end. To see it again, run{" "}
          <Code>flask setup-link</Code> where Aizen is installed.
        </>
      }
    >
      <EntryButton to="/sign-in">Sign in instead</EntryButton>
    </EntryPage>
  );
}
