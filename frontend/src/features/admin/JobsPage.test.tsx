import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import type { WorkItem, WorkSummary } from "~/client";
import { show } from "~/test/render";
import { server } from "~/test/server";
import { Component as JobsPage } from "./JobsPage";

const ITEM: WorkItem = {
  id: "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7b22",
  kind: "description",
  state: "failed",
  subject_id: "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11",
  owner: { id: "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a11", email: "ada@example.org" },
  attempts: 4,
  error: { code: "provider_unavailable", detail: "The provider cannot be reached." },
  request_id: "3f2b8a52-5c0f-4f5c-9f6e-0d4c1c1e7a11",
  created_at: "2026-11-24T12:00:00Z",
};

function answer(counts: WorkSummary["counts"], items: WorkItem[] = [ITEM]): void {
  const queue: WorkSummary["queue"] = {
    workers: [{ name: "9f3c1a", host: "worker-1", last_heartbeat: "2026-11-24T12:00:00Z", state: "idle" }],
    queue_length: 0,
    unavailable: null,
  };
  server.use(
    http.get("*/api/v1/admin/jobs/summary", () => HttpResponse.json({ counts, queue })),
    http.get("*/api/v1/admin/jobs", () => HttpResponse.json(items)),
  );
}

test("a failed piece of work says why, and runs again", async () => {
  answer([{ kind: "description", state: "failed", count: 1 }]);
  const retried: string[] = [];
  server.use(
    http.post("*/api/v1/admin/jobs/:id/retry", ({ params }) => {
      retried.push(String(params["id"]));
      return HttpResponse.json({ ...ITEM, state: "pending" }, { status: 202 });
    }),
  );
  const { user } = show(<JobsPage />, { path: "/admin/jobs" });
  expect(await screen.findByText("The provider cannot be reached.", { exact: false })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Run again: Description, ada@example.org" }));
  expect(await screen.findByText("Description: is run again.")).toBeVisible();
  expect(retried).toEqual([ITEM.id]);
});

test("all of a kind run again after a question, and the page says how many did and how many are left", async () => {
  answer([
    { kind: "description", state: "failed", count: 620 },
    { kind: "variants", state: "failed", count: 3 },
  ]);
  const sent: unknown[] = [];
  server.use(
    http.post("*/api/v1/admin/jobs/retry", async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({ retried: 500, left: 120 }, { status: 202 });
    }),
  );
  const { user } = show(<JobsPage />, { path: "/admin/jobs", at: "/admin/jobs?kind=description" });
  await user.click(await screen.findByRole("button", { name: "Run all again (620)" }));
  expect(sent).toEqual([]);
  const question = await screen.findByRole("dialog");
  await user.click(within(question).getByRole("button", { name: "Run all again" }));
  expect(await screen.findByText("500 pieces of work run again. 120 left: run all again for those.")).toBeVisible();
  expect(sent).toEqual([{ kind: "description" }]);
});

test("letters count for nothing where every kind is run again", async () => {
  answer([
    { kind: "description", state: "failed", count: 2 },
    { kind: "send_verification", state: "failed", count: 5 },
  ]);
  show(<JobsPage />, { path: "/admin/jobs" });
  expect(await screen.findByRole("button", { name: "Run all again (2)" })).toBeEnabled();
});

test("where running all again is refused, the question stays open and says why", async () => {
  answer([{ kind: "description", state: "failed", count: 1 }]);
  server.use(
    http.post("*/api/v1/admin/jobs/retry", () =>
      HttpResponse.json(
        {
          type: "about:blank",
          title: "Service Unavailable",
          status: 503,
          code: "unavailable",
          detail: "Try it later.",
        },
        { status: 503, headers: { "Content-Type": "application/problem+json" } },
      ),
    ),
  );
  const { user } = show(<JobsPage />, { path: "/admin/jobs" });
  await user.click(await screen.findByRole("button", { name: "Run all again (1)" }));
  const question = await screen.findByRole("dialog");
  await user.click(within(question).getByRole("button", { name: "Run all again" }));
  expect(await within(question).findByRole("alert")).toHaveTextContent("Try it later.");
});
