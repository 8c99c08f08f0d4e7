import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import { resendVerification } from "~/client";
import { showProfileQueryKey } from "~/client/@tanstack/react-query.gen";
import { NoMailNote } from "~/components/NoMailNote";
import { useProblemForm } from "~/lib/problemForm";
import { useSessionState } from "~/lib/user";
import { EmailField } from "./components/EmailField";
import { EntryForm } from "./components/EntryForm";
import { EntryButton } from "./components/EntryLink";
import { EntryPage } from "./components/EntryPage";

/** Where the link of a letter leads that confirms an address: Flask has read it, and says in `email` what came of it. */
export function Component() {
  const [params] = useSearchParams();
  const isSignedIn = useSessionState() === "signed-in";
  const outcome = params.get("email");
  if (outcome === "verified") return <Verified isSignedIn={isSignedIn} />;
  if (outcome === "taken")
    return (
      <EntryPage
        title="This address belongs to another account"
        intro="Somebody has registered with it by now, so yours keeps the address that it had. You can choose another one in your account."
      >
        <EntryButton to="/account">To your account</EntryButton>
      </EntryPage>
    );
  return (
    <EntryPage
      title={outcome === "not_valid" ? "This link is not valid any more" : "Confirm your e-mail address"}
      intro={
        outcome === "not_valid"
          ? "It was used, is too old, or a newer one was sent. Have another link sent to the address of your account."
          : "Have a link sent to the address of your account, if no letter has arrived."
      }
    >
      <NoMailNote />
      <Resend />
    </EntryPage>
  );
}

function Verified({ isSignedIn }: { isSignedIn: boolean }) {
  const client = useQueryClient();
  useEffect(() => void client.invalidateQueries({ queryKey: showProfileQueryKey() }), [client]);
  return (
    <EntryPage title="Your e-mail address is confirmed" intro="Thank you. There is nothing else to do.">
      <EntryButton to={isSignedIn ? "/library" : "/sign-in"}>
        {isSignedIn ? "Go to the library" : "Sign in"}
      </EntryButton>
    </EntryPage>
  );
}

function Resend() {
  const [answer, setAnswer] = useState<string>();
  const { form, ...sending } = useProblemForm({ initialValues: { email: "" } }, async (body) => {
    setAnswer((await resendVerification({ body })).data.detail);
  });
  return (
    <EntryForm button="Send a new link" {...sending}>
      <EmailField key={form.key("email")} {...form.getInputProps("email")} />
      <div role="status">{answer}</div>
    </EntryForm>
  );
}
