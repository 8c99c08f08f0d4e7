import { http, HttpResponse } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { forgetAccessToken, session } from "~/lib/session";
import { server } from "~/test/server";
import { newSender } from "./sender";
import type { Sender } from "./uploads";

let sender: Sender | undefined;

afterEach(() => {
  sender?.close();
  session.end();
});

const problem = (status: number, headers: Record<string, string> = {}) =>
  HttpResponse.json(
    { type: "about:blank", title: "No", status, detail: `Refused with ${status}.` },
    { status, headers },
  );
const created = () => HttpResponse.json({ id: "one", status: "processing", variants: [] }, { status: 201 });

/** One file is sent to a server that answers one thing after the other. */
function sent(...answers: (() => Response)[]) {
  const requests: { key: string | null; token: string | null }[] = [];
  server.use(
    http.post("*/api/v1/auth/token/refresh", () => HttpResponse.json({ access: "second", expires_in: 900 })),
    http.post("*/api/v1/images", ({ request }) => {
      requests.push({ key: request.headers.get("Idempotency-Key"), token: request.headers.get("Authorization") });
      return answers[requests.length - 1]?.() ?? HttpResponse.error();
    }),
  );
  session.begin({ access: "first", expires_in: 900 });
  const events = {
    onSending: vi.fn(),
    onProgress: vi.fn(),
    onDone: vi.fn(),
    onFailed: vi.fn(),
    onWaiting: vi.fn(),
  };
  sender = newSender(events);
  sender.send([{ key: "k1", file: new File(["x"], "a.png", { type: "image/png" }), onDuplicate: "return" }]);
  return { requests, events };
}

describe("a file that is sent", () => {
  it("is an image when the server has made one", async () => {
    const { requests, events } = sent(created);
    await vi.waitFor(() =>
      expect(events.onDone).toHaveBeenCalledWith("k1", expect.objectContaining({ id: "one" }), false),
    );
    expect(requests).toEqual([{ key: "k1", token: "Bearer first" }]);
  });

  it("is sent again with a new token and the same key when the first is not taken", async () => {
    const { requests, events } = sent(() => problem(401), created);
    await vi.waitFor(() => expect(events.onDone).toHaveBeenCalled());
    expect(requests).toEqual([
      { key: "k1", token: "Bearer first" },
      { key: "k1", token: "Bearer second" },
    ]);
  });

  it("has failed when the new token is not taken either", async () => {
    const { requests, events } = sent(
      () => problem(401),
      () => problem(401),
    );
    await vi.waitFor(() => expect(events.onFailed).toHaveBeenCalled());
    expect(requests).toHaveLength(2);
  });

  it("waits as long as the server asks to, and goes on by itself", async () => {
    const { requests, events } = sent(() => problem(429, { "Retry-After": "0" }), created);
    await vi.waitFor(() => expect(events.onDone).toHaveBeenCalled());
    expect(events.onWaiting).toHaveBeenCalledWith(
      expect.objectContaining({ why: "The server takes only so many uploads at a time" }),
    );
    expect(events.onFailed).not.toHaveBeenCalled();
    expect(requests.map(({ key }) => key)).toEqual(["k1", "k1"]);
  });

  it.each([413, 415, 422])(
    "has failed with the server's words after a %i, which is no network error",
    async (status) => {
      const { requests, events } = sent(() => problem(status));
      await vi.waitFor(() =>
        expect(events.onFailed).toHaveBeenCalledWith(
          "k1",
          expect.objectContaining({ status, message: `Refused with ${status}.` }),
        ),
      );
      expect(requests).toHaveLength(1);
    },
  );

  it("asks for no more tokens once it is closed, though none could be had", async () => {
    let asked = 0;
    const { events } = sent(() => problem(401));
    server.use(
      http.post("*/api/v1/auth/token/refresh", () => {
        asked += 1;
        return problem(503);
      }),
    );
    forgetAccessToken();
    await vi.waitFor(() => expect(asked).toBe(1));
    sender?.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBe(1);
    expect(events.onSending).not.toHaveBeenCalled();
  });

  it("was there before when the server answers with what it had", async () => {
    const { events } = sent(() => HttpResponse.json({ id: "old", status: "ready", variants: [] }));
    await vi.waitFor(() =>
      expect(events.onDone).toHaveBeenCalledWith("k1", expect.objectContaining({ id: "old" }), true),
    );
  });
});
