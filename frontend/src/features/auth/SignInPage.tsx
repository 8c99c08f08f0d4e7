import { Navigate, useSearchParams } from "react-router";
import { logIn } from "~/client";
import { PasswordField } from "~/components/PasswordField";
import { useCapabilities } from "~/lib/capabilities";
import { useProblemForm } from "~/lib/problemForm";
import { hasCode } from "~/lib/problems";
import { session } from "~/lib/session";
import { useSessionState } from "~/lib/user";
import { EmailField } from "./components/EmailField";
import { EntryForm } from "./components/EntryForm";
import { EntryLink } from "./components/EntryLink";
import { EntryPage } from "./components/EntryPage";
import { destination } from "./destination";

export function Component() {
  const [params] = useSearchParams();
  const to = destination(params.get("to"));
  const { features } = useCapabilities();
  // Here and in every other window: whoever is signed in goes where they wanted to.
  if (useSessionState() === "signed-in") return <Navigate to={to} replace />;
  const onwards = params.size === 0 ? "" : `?${params.toString()}`;
  return (
    <EntryPage
      title="Sign in"
      below={
        <>
          <EntryLink to="/forgot-password">Forgot your password?</EntryLink>
          {features.registration && <EntryLink to={`/register${onwards}`}>Register</EntryLink>}
        </>
      }
    >
      <SignInForm />
    </EntryPage>
  );
}

function SignInForm() {
  const { form, ...sending } = useProblemForm(
    { initialValues: { email: "", password: "" } },
    async (credentials, form) => {
      try {
        session.begin((await logIn({ body: credentials })).data);
      } catch (error) {
        // Which of the two is wrong nobody tells; most often it is this one.
        if (hasCode(error, "bad_credentials")) form.getInputNode("password")?.focus();
        throw error;
      }
    },
  );
  return (
    <EntryForm button="Sign in" {...sending}>
      <EmailField key={form.key("email")} {...form.getInputProps("email")} />
      <PasswordField
        label="Password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        key={form.key("password")}
        {...form.getInputProps("password")}
      />
    </EntryForm>
  );
}
