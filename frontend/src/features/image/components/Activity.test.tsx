import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import type { Status } from "~/client";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { ID, imageOf } from "../testing";
import { Activity } from "./Activity";

const ADDRESS = `*/api/v1/images/${ID}`;
const REASON = "The provider does not answer in time.";

function statusOf(state: Status["work"][number]["state"], attempts = 1): Status {
  return {
    id: ID,
    status: "ready",
    ai_status: state === "waiting" ? "pending" : state,
    work: [
      { kind: "variants", state: "done", attempts: 1, error: null },
      {
        kind: "description",
        state,
        attempts,
        error: state === "failed" ? { code: "provider_timeout", detail: REASON } : null,
      },
    ],
    updated_at: "2026-11-24T09:30:01.250000Z",
  };
}

/** The status is held back as `Prefer: wait` asks, until there is news. */
function serve(start: Status) {
  const state = { status: start, tag: 1, held: 0 };
  const tag = () => `"${state.tag}"`;
  server.use(
    http.get(ADDRESS, () => HttpResponse.json(imageOf(), { headers: { ETag: '"1-a"' } })),
    http.get(`${ADDRESS}/status`, ({ request }) => {
      if (request.headers.get("If-None-Match") === tag()) {
        state.held += request.headers.get("Prefer") === "wait=10" ? 1 : 0;
        return new HttpResponse(null, { status: 304, headers: { ETag: tag() } });
      }
      return HttpResponse.json(state.status, { headers: { ETag: tag() } });
    }),
    http.post(`${ADDRESS}/retry`, () => {
      become(statusOf("pending"));
      return HttpResponse.json(state.status, { status: 202, headers: { ETag: tag() } });
    }),
  );
  const become = (next: Status) => {
    state.status = next;
    state.tag += 1;
  };
  return Object.assign(state, { become });
}

it("tells why work has failed, begins it anew, and follows it to its end", async () => {
  const api = serve(statusOf("failed", 3));
  const { user } = show(<Activity image={imageOf()} />);
  expect(await screen.findByText(REASON)).toBeVisible();
  expect(screen.getByText("· 3 attempts")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("In the queue")).toBeVisible();
  expect(screen.queryByText(REASON)).toBeNull();
  await waitFor(() => expect(api.held).toBeGreaterThan(0), { timeout: 3000 });
  api.become(statusOf("done"));
  await waitFor(() => expect(screen.getAllByText("Done")).toHaveLength(2), { timeout: 3000 });
});

it("says why it cannot be tried again, and leaves what there was", async () => {
  serve(statusOf("failed"));
  server.use(
    http.post(`${ADDRESS}/retry`, () =>
      HttpResponse.json(
        {
          type: "about:blank",
          status: 429,
          title: "Too many requests",
          code: "rate_limited",
          detail: "Come back later.",
        },
        { status: 429, headers: { "Content-Type": "application/problem+json", "Retry-After": "60" } },
      ),
    ),
  );
  const { user } = show(<Activity image={imageOf()} />);
  await user.click(await screen.findByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Come back later.")).toBeVisible();
  expect(screen.getByText(REASON)).toBeVisible();
});
