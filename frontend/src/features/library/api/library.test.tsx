import { act } from "@testing-library/react";
import { focusManager } from "@tanstack/react-query";
import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { session } from "~/lib/session";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { EVERYTHING } from "../filters";
import { useLibrary } from "./library";

const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
  session.begin({ access: "token", expires_in: 86_400 });
});
afterEach(() => {
  focusManager.setFocused(undefined);
  session.end();
  vi.useRealTimers();
});

const image = (id: string, ai = "done") => ({
  id,
  status: "ready",
  ai: { status: ai },
  uploaded_at: `2026-01-01T00:00:0${id.length}Z`,
});

/** A library of two pages, `below` being the second; each request is noted by its cursor or its image. */
function shown(below: readonly ReturnType<typeof image>[]) {
  const asked: string[] = [];
  server.use(
    http.get("*/api/v1/images", ({ request }) => {
      const cursor = new URL(request.url).searchParams.get("cursor");
      asked.push(cursor ?? "first");
      return cursor === null
        ? HttpResponse.json([image("newest")], { headers: { Link: '</api/v1/images?cursor=second>; rel="next"' } })
        : HttpResponse.json(below);
    }),
    http.get<{ id: string }>("*/api/v1/images/:id", ({ params: { id } }) => {
      asked.push(id);
      return HttpResponse.json(image(id, "working"));
    }),
  );
  const List = () => {
    const { images, hasNextPage, fetchNextPage } = useLibrary(EVERYTHING);
    return (
      <button disabled={!hasNextPage} onClick={() => void fetchNextPage()}>
        {images.map(({ id }) => id).join(" ")}
      </button>
    );
  };
  const result = show(<List />);
  const times = (what: string) => asked.filter((each) => each === what).length;
  const loadMore = async () => {
    await vi.waitFor(() => expect(result.getByRole("button")).toHaveTextContent("newest"));
    act(() => result.getByRole("button").click());
    await vi.waitFor(() => expect(times("second")).toBe(1));
    await vi.waitFor(() => expect(result.getByRole("button")).toBeDisabled());
  };
  return { ...result, times, loadMore };
}

async function comeBackAfter(milliseconds: number): Promise<void> {
  act(() => focusManager.setFocused(false));
  await act(() => vi.advanceTimersByTimeAsync(milliseconds));
  act(() => focusManager.setFocused(true));
}

it("asks for every page anew before its addresses end, however often the top was asked for meanwhile", async () => {
  const { times, loadMore } = shown([image("old")]);
  await loadMore();
  for (const minutes of [10, 20]) {
    const before = times("first");
    await comeBackAfter(10 * MINUTE);
    await vi.waitFor(() => expect(times("first"), `after ${minutes} minutes`).toBe(before + 1));
    expect(times("second")).toBe(1);
  }
  await comeBackAfter(11 * MINUTE);
  await vi.waitFor(() => expect(times("second")).toBe(2));
});

it("does so without anybody's coming back, too", async () => {
  const { times, loadMore } = shown([image("old")]);
  await loadMore();
  await act(() => vi.advanceTimersByTimeAsync(32 * MINUTE));
  await vi.waitFor(() => expect(times("second")).toBe(2));
});

it("asks after each unfinished image further down, though those before it stay unfinished", async () => {
  const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const { times, loadMore } = shown(ids.map((id) => image(id, "working")));
  await loadMore();
  await vi.waitFor(
    async () => {
      await act(() => vi.advanceTimersByTimeAsync(500));
      expect(ids.filter((id) => times(id) === 0)).toEqual([]);
    },
    { timeout: 15_000 },
  );
});
