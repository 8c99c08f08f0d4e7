import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import type { AiCall, AiSum, AiUse } from "~/client";
import { show } from "~/test/render";
import { server } from "~/test/server";
import { Component as AiPage } from "./AiPage";

const OWNER = { id: "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a11", email: "ada@example.org" };
const SUM: AiSum = {
  calls: 1204,
  done: 1187,
  unfinished: 1,
  counted_calls: 1200,
  calls_without_cost: 15,
  input_tokens: 1_323_300,
  output_tokens: 142_440,
  cost_micros: 544_485,
};
const USE: AiUse = {
  month: "2026-10",
  total: SUM,
  failed: [{ code: "rate_limited", count: 16 }],
  models: [{ service: "description", provider: "gemini", model: "gemini-small", ...SUM }],
  users: [{ owner: OWNER, ...SUM, left: { calls: 800, cost_micros: null } }],
  budgets: {
    each_user: { calls: 2000, cost_micros: null },
    all: { calls: 1200, cost_micros: 20_000_000, left: { calls: 0, cost_micros: 19_455_515 } },
  },
};
const CALL: AiCall = {
  id: "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7e55",
  service: "description",
  provider: "gemini",
  model: "gemini-small",
  owner: OWNER,
  image_id: "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11",
  outcome: "done",
  milliseconds: 842,
  input_tokens: 1100,
  output_tokens: 118,
  cost_micros: 452,
  created_at: "2026-10-24T12:00:00Z",
};

function open() {
  const months: (string | null)[] = [];
  server.use(
    http.get("*/api/v1/admin/ai", ({ request }) => {
      months.push(new URL(request.url).searchParams.get("month"));
      return HttpResponse.json(USE);
    }),
    http.get("*/api/v1/admin/ai/calls", () => HttpResponse.json([CALL])),
    http.get("*/api/v1/admin/users", () => HttpResponse.json([])),
  );
  return { ...show(<AiPage />, { path: "/admin/ai", at: "/admin/ai?month=2026-10" }), months };
}

test("the month of the address is asked for, and its sums are shown", async () => {
  const { months } = open();
  const cost = (await screen.findByText("Too low: nobody knows what 15 calls cost")).closest("dd");
  expect(cost).toHaveTextContent("$0.544485");
  expect(screen.getByText("1,187 done, 1 unfinished")).toBeVisible();
  expect(screen.getByText("1,323,300 in, 142,440 out")).toBeVisible();
  expect(screen.getByRole("link", { name: "Rate limited (16)" })).toHaveAttribute(
    "href",
    "/admin/ai?month=2026-10&outcome=rate_limited",
  );
  expect(months).toEqual(["2026-10"]);
});

test("sums stand by model and by user, with what is left", async () => {
  open();
  const models = await screen.findByRole("table", { name: "Calls by model" });
  expect(within(models).getByRole("row", { name: /gemini-small/ })).toHaveTextContent("1,20416");
  const users = screen.getByRole("table", { name: "The users who have cost most" });
  expect(within(users).getByRole("row", { name: /ada@example.org/ })).toHaveTextContent("800 calls");
});

test("a budget that is used up says that nobody is asked, another how much is left", async () => {
  open();
  expect(await screen.findByText(/1,200 of 1,200\. Nothing is left/)).toBeVisible();
  expect(screen.getByText(/\$0\.544485 of \$20\.00\. \$19\.46 left/)).toBeVisible();
  expect(screen.getByRole("progressbar", { name: "Calls of all users: used" })).toHaveAttribute("aria-valuenow", "100");
});

test("each call tells its outcome, time, tokens and cost", async () => {
  open();
  const calls = await screen.findByRole("table", { name: "Calls" });
  const row = within(calls).getByRole("row", { name: /gemini-small/ });
  for (const words of ["Done", "842 ms", "1,100 + 118", "$0.000452"]) expect(row).toHaveTextContent(words);
});
