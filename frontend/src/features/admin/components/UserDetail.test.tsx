import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { Suspense } from "react";
import { expect, test } from "vitest";
import type { KnownUser } from "~/client";
import { show } from "~/test/render";
import { server } from "~/test/server";
import { UserDetail } from "./UserDetail";

const ADA: KnownUser = {
  id: "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a11",
  email: "ada@example.org",
  username: "ada",
  first_name: "",
  last_name: "",
  date_joined: "2026-11-24T12:00:00Z",
  email_verified: true,
  role: "admin",
  disabled: false,
  disabled_at: null,
  storage_used: 48_213_377,
  storage_quota: null,
  counts: { images: 31, sessions: 2, keys: 1, failed_work: 0 },
};

/** The account opened, and what the API was asked to change. */
async function open(account: KnownUser, answer: (edit: Partial<KnownUser>) => Response) {
  const edits: unknown[] = [];
  let now = account;
  server.use(
    http.get("*/api/v1/auth/profile", () =>
      HttpResponse.json({ ...ADA, pending_email: null, storage: { used: 0, quota: null } }),
    ),
    http.get("*/api/v1/admin/users/:id", () => HttpResponse.json(now)),
    http.patch<{ id: string }, Partial<KnownUser>>("*/api/v1/admin/users/:id", async ({ request }) => {
      const edit = await request.json();
      edits.push(edit);
      const response = answer(edit);
      if (response.ok) now = { ...now, ...edit };
      return response;
    }),
  );
  const shown = show(
    <Suspense>
      <UserDetail id={account.id} />
    </Suspense>,
  );
  await screen.findByRole("heading", { name: account.email });
  return { ...shown, edits };
}

function refuse(status: number, problem: Record<string, unknown>): Response {
  return HttpResponse.json(
    { type: "about:blank", title: "Refused", status, ...problem },
    { status, headers: { "Content-Type": "application/problem+json" } },
  );
}

test.each([
  ["Take the role", { role: "user" }],
  ["Disable", { disabled: true }],
])("%s: that the last administrator cannot go is said in the question", async (button, edit) => {
  const { user, edits } = await open(ADA, () =>
    refuse(409, { code: "last_admin", detail: "This is the last administrator: make another user one first." }),
  );
  await user.click(await screen.findByRole("button", { name: button }));
  const question = await screen.findByRole("dialog");
  expect(edits).toEqual([]);
  await user.click(within(question).getByRole("button", { name: button }));
  expect(await within(question).findByRole("alert")).toHaveTextContent(
    "This is the last administrator: make another user one first.",
  );
  expect(edits).toEqual([edit]);
});

test("an account that was disabled shows it, and can be enabled", async () => {
  const { user } = await open(ADA, () =>
    HttpResponse.json({ ...ADA, disabled: true, disabled_at: "2026-11-25T12:00:00Z" }),
  );
  await user.click(await screen.findByRole("button", { name: "Disable" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Disable" }));
  expect(await screen.findByText("Disabled: cannot sign in.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Enable" })).toBeVisible();
});

test("a quota is sent in bytes, and its refusal stands beside the field", async () => {
  const { user, edits } = await open(ADA, () =>
    refuse(422, {
      code: "invalid",
      detail: "Some fields cannot be accepted.",
      errors: [{ pointer: "/storage_quota", code: "too_large", detail: "That is more than there is." }],
    }),
  );
  await user.click(screen.getByRole("radio", { name: "Of their own" }));
  await user.type(screen.getByLabelText("Gigabytes"), "2.5");
  await user.click(screen.getByRole("button", { name: "Save the quota" }));
  expect(await screen.findByText("That is more than there is.")).toBeVisible();
  expect(screen.getByLabelText("Gigabytes")).toBeInvalid();
  expect(edits).toEqual([{ storage_quota: 2_500_000_000 }]);
});

test("no quota is sent where none was written", async () => {
  const { user, edits } = await open(ADA, () => HttpResponse.json(ADA));
  await user.click(screen.getByRole("radio", { name: "Of their own" }));
  await user.click(screen.getByRole("button", { name: "Save the quota" }));
  expect(await screen.findByText("Give a number of gigabytes, or 0 for none at all.")).toBeVisible();
  expect(edits).toEqual([]);
});
