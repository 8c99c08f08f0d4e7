import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { type ComponentType, Suspense } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { User } from "~/client";
import { showProfileQueryKey } from "~/client/@tanstack/react-query.gen";
import { session } from "~/lib/session";
import { show } from "~/test/render";
import { server } from "~/test/server";
import { Component as ClosePage } from "./ClosePage";
import { Component as KeysPage } from "./KeysPage";
import { Component as ProfilePage } from "./ProfilePage";

const USER: User = {
  id: "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a11",
  email: "ada@example.org",
  pending_email: null,
  username: "ada",
  first_name: "",
  last_name: "",
  date_joined: "2026-11-24T12:00:00Z",
  email_verified: true,
  role: "user",
  storage: { used: 1_048_576, quota: null },
};

function open(Page: ComponentType) {
  server.use(
    http.get("*/api/v1/auth/profile", () => HttpResponse.json(USER)),
    http.get("*/api/v1/capabilities", () => HttpResponse.json({ features: { email: false } })),
  );
  return show(
    <Suspense>
      <Page />
    </Suspense>,
    { path: "/account" },
  );
}

beforeEach(() => session.begin({ access: "a1", expires_in: 300 }));
afterEach(() => session.end());

describe("keys", () => {
  it("are made with what was chosen, and shown once", async () => {
    let sent: unknown;
    server.use(
      http.get("*/api/v1/auth/keys", () => HttpResponse.json([])),
      http.post("*/api/v1/auth/keys", async ({ request }) => {
        sent = await request.json();
        const key = { id: "k1", name: "Backup", hint: "azn_abcd", scopes: ["images:read"], key: "azn_abcdefgh" };
        return HttpResponse.json(
          { ...key, created_at: "2026-11-28T12:00:00Z", expires_at: null, last_used_at: null },
          { status: 201 },
        );
      }),
    );
    const { user } = open(KeysPage);
    await user.click(await screen.findByRole("button", { name: "Make a key" }));
    const dialog = await screen.findByRole("dialog");
    expect(within(dialog).queryByText("Administer")).toBeNull();
    await user.click(within(dialog).getByLabelText("Name"));
    await user.paste("Backup");
    await user.click(within(dialog).getByRole("checkbox", { name: "Share" }));
    await user.click(within(dialog).getByRole("button", { name: "Make the key" }));
    expect(await screen.findByText("azn_abcdefgh")).toBeVisible();
    expect(sent).toEqual({ name: "Backup", scopes: ["images:read", "shares:write"], expires_in: 7_776_000 });
    await user.click(screen.getByRole("button", { name: "Done" }));
    await waitFor(() => expect(screen.queryByText("azn_abcdefgh")).toBeNull());
  });
});

describe("the profile", () => {
  it("has another address only with the password, and says that a link was sent", async () => {
    let sent: unknown;
    server.use(
      http.patch("*/api/v1/auth/profile", async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ ...USER, pending_email: "new@example.org" });
      }),
    );
    const { user, queryClient } = open(ProfilePage);
    await user.tripleClick(await screen.findByLabelText("E-mail address"));
    await user.paste("new@example.org");
    await user.click(screen.getByLabelText("Password"));
    await user.paste("a quiet river at nine");
    await user.click(screen.getByRole("button", { name: "Change the address" }));
    expect(await screen.findByText("new@example.org is to be confirmed")).toBeVisible();
    expect(sent).toEqual({ email: "new@example.org", current_password: "a quiet river at nine" });
    expect(queryClient.getQueryData(showProfileQueryKey())).toMatchObject({ pending_email: "new@example.org" });
    expect(screen.getByLabelText("E-mail address")).toHaveValue("ada@example.org");
  });
});

describe("closing the account", () => {
  it("asks once more, and closes nothing where the answer is no", async () => {
    let closed = 0;
    server.use(
      http.delete("*/api/v1/auth/profile", () => {
        closed += 1;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const page = open(ClosePage);
    const { user } = page;
    await user.click(await screen.findByLabelText("Password"));
    await user.paste("a quiet river at nine");
    await user.keyboard("{Enter}");
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(closed).toBe(0);
    await user.click(screen.getByRole("button", { name: "Close my account" }));
    await user.click(await screen.findByRole("button", { name: "Close it for good" }));
    await waitFor(() => expect(page.address()).toBe("/sign-in"));
    expect(closed).toBe(1);
    expect(session.state).toBe("signed-out");
  });
});
