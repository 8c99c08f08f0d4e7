import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import type { Status } from "~/client";
import { getImageStatusQueryKey } from "~/client/@tanstack/react-query.gen";
import { ApiError } from "~/lib/problems";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { ID, imageOf } from "../testing";
import { pauseAfter, useRetry } from "./work";

const OTHER = "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e22";

function statusOf(state: Status["work"][number]["state"]): Status {
  return {
    id: ID,
    status: "processing",
    ai_status: "pending",
    work: [{ kind: "variants", state, attempts: 1, error: null }],
    updated_at: "2026-11-24T09:30:01.250000Z",
  };
}

describe("the pause until the status is asked for again", () => {
  const after = (error: Error | null, failingMs = 0) =>
    pauseAfter({ data: statusOf("working"), error, dataUpdatedAt: 1000, errorUpdatedAt: 1000 + failingMs });

  it("is short while work goes on, and there is none afterwards", () => {
    expect(after(null)).toBe(500);
    expect(pauseAfter({ data: statusOf("done"), error: null, dataUpdatedAt: 1, errorUpdatedAt: 0 })).toBe(false);
  });

  it("is followed by no other look where the image is gone", () => {
    expect(after(new ApiError({}, { status: 404 }))).toBe(false);
  });

  it("is as long as the server asks for", () => {
    expect(after(new ApiError({}, { status: 429, retryAfter: 42 }))).toBe(42_000);
  });

  it("grows with the time that it has been failing, up to a minute", () => {
    const offline = new ApiError({}, { status: 0 });
    expect(after(offline)).toBe(1000);
    expect(after(offline, 8000)).toBe(8000);
    expect(after(offline, 3_600_000)).toBe(60_000);
  });
});

function Retry() {
  const [id, setId] = useState(ID);
  const retry = useRetry();
  return (
    <>
      <button onClick={() => retry.mutate(id)}>Try again</button>
      <button onClick={() => setId(OTHER)}>Next</button>
    </>
  );
}

it("keeps the status of work begun anew with its own image, where another is shown by then", async () => {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  server.use(
    http.get("*/api/v1/images/:id", () => HttpResponse.json(imageOf())),
    http.post("*/api/v1/images/:id/retry", async () => {
      await answered;
      return HttpResponse.json(statusOf("pending"), { status: 202 });
    }),
  );
  const { user, queryClient } = show(<Retry />);
  const known = (id: string) => queryClient.getQueryData(getImageStatusQueryKey({ path: { image_id: id } }));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await user.click(screen.getByRole("button", { name: "Next" }));
  answer();
  await waitFor(() => expect(known(ID)).toEqual(statusOf("pending")));
  expect(known(OTHER)).toBeUndefined();
});
