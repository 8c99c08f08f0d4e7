import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { type ComponentType, Suspense } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { session } from "~/lib/session";
import { show } from "~/test/render";
import { server } from "~/test/server";
import { Component as RegisterPage } from "./RegisterPage";
import { Component as SetupPage } from "./SetupPage";
import { Component as SignInPage } from "./SignInPage";

const TOKENS = { access: "a1", token_type: "Bearer", expires_in: 300 };
const PASSWORD = "a quiet river at nine";

function open(Page: ComponentType, { path, at = path }: { path: string; at?: string }) {
  server.use(
    http.get("*/api/v1/capabilities", () =>
      HttpResponse.json({ features: { registration: true, email: false, email_verification: "optional" } }),
    ),
  );
  return show(
    <Suspense>
      <Page />
    </Suspense>,
    { path, at },
  );
}

function problem(status: number, code: string, detail: string, more = {}) {
  const body = { type: "about:blank", title: "No", status, detail, instance: "/", code, request_id: "r", ...more };
  return HttpResponse.json(body, { status });
}

async function fill({ user }: ReturnType<typeof open>, email: string) {
  await user.click(await screen.findByLabelText("E-mail address"));
  await user.paste(email);
  await user.click(screen.getByLabelText("Password"));
  await user.paste(PASSWORD);
  await user.keyboard("{Enter}");
}

afterEach(() => session.end());

describe("signing in", () => {
  it("leads to where one wanted to go, in the cookie mode", async () => {
    let sent: unknown;
    server.use(
      http.post("*/api/v1/auth/login", async ({ request }) => {
        sent = [request.headers.get("Aizen-Session"), await request.json()];
        return HttpResponse.json(TOKENS);
      }),
    );
    const page = open(SignInPage, { path: "/sign-in", at: "/sign-in?to=%2Faccount%2Fkeys" });
    await fill(page, "ada@example.org");
    await waitFor(() => expect(page.address()).toBe("/account/keys"));
    expect(sent).toEqual(["cookie", { email: "ada@example.org", password: PASSWORD }]);
  });

  it("says that the credentials are wrong, and begins at the password again", async () => {
    server.use(
      http.post("*/api/v1/auth/login", () => problem(401, "bad_credentials", "E-mail address or password is wrong.")),
    );
    const page = open(SignInPage, { path: "/sign-in" });
    await fill(page, "ada@example.org");
    expect(await screen.findByRole("alert")).toHaveTextContent("E-mail address or password is wrong.");
    expect(screen.getByLabelText("Password")).toHaveFocus();
    expect(page.address()).toBe("/sign-in");
  });
});

describe("registering", () => {
  it("puts a taken address at its field", async () => {
    const errors = [{ pointer: "/email", code: "taken", detail: "There is an account with this e-mail address." }];
    server.use(http.post("*/api/v1/auth/register", () => problem(409, "taken", "Taken.", { errors })));
    const page = open(RegisterPage, { path: "/register" });
    await fill(page, "ada@example.org");
    const email = screen.getByLabelText("E-mail address");
    await waitFor(() => expect(email).toHaveAccessibleDescription("There is an account with this e-mail address."));
    expect(email).toHaveFocus();
  });

  it("leads to the mailbox where the address has to be confirmed first", async () => {
    server.use(
      http.post("*/api/v1/auth/register", () =>
        HttpResponse.json({ email: "ada@example.org", detail: "An e-mail is on its way." }, { status: 202 }),
      ),
    );
    const page = open(RegisterPage, { path: "/register" });
    await fill(page, "ada@example.org");
    expect(await screen.findByRole("heading", { name: "Look into your mailbox" })).toBeVisible();
    expect(screen.getByText(/sends no e-mails/)).toBeVisible();
    expect(session.state).toBe("signed-out");
  });
});

describe("setting up", () => {
  it("takes the secret of the link out of the address bar, sends it, and signs in", async () => {
    let sent: unknown;
    server.use(
      http.post("*/api/v1/setup", async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ user: {}, tokens: { ...TOKENS, refresh: "r1" } }, { status: 201 });
      }),
      http.post("*/api/v1/auth/login", () => HttpResponse.json(TOKENS)),
    );
    const page = open(SetupPage, { path: "/setup", at: "/setup#token=4f1a" });
    await fill(page, "ada@example.org");
    await waitFor(() => expect(page.address()).toBe("/library"));
    expect(sent).toEqual({ email: "ada@example.org", password: PASSWORD, token: "4f1a" });
    expect(session.state).toBe("signed-in");
  });

  it.each([
    [403, "wrong_setup_token", "This set-up link is not valid", "flask setup-link"],
    [410, "already_set_up", "Aizen is set up already", "There is an administrator"],
  ])("says on %s what to do instead", async (status, code, title, way) => {
    server.use(http.post("*/api/v1/setup", () => problem(status, code, "No.")));
    await fill(open(SetupPage, { path: "/setup", at: "/setup#token=4f1a" }), "ada@example.org");
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
    expect(screen.getByText(new RegExp(way))).toBeVisible();
  });

  it("asks for the link where there is none", async () => {
    open(SetupPage, { path: "/setup" });
    expect(await screen.findByRole("heading", { name: "This page needs a link" })).toBeVisible();
  });
});
