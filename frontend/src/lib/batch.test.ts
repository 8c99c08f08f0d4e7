import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import type { Batch, Batched } from "~/client";
import { server } from "~/test/server";
import { prepareClient } from "./api";
import { chunked, reasonsOf, runBatch } from "./batch";

const ids = (count: number) => Array.from({ length: count }, (_none, index) => `id-${index}`);

function answered(answer: (body: Batch, request: number) => Batched[] | Response) {
  const requests: { body: Batch; key: string | null }[] = [];
  server.use(
    http.post<never, Batch>("*/api/v1/images/batch", async ({ request }) => {
      const body = await request.json();
      requests.push({ body, key: request.headers.get("Idempotency-Key") });
      const results = answer(body, requests.length);
      if (results instanceof Response) return results;
      const counts = { done: 0, accepted: 0, unchanged: 0, failed: 0 };
      return HttpResponse.json({ action: body.action, dry_run: false, counts, results });
    }),
  );
  return requests;
}

const done = (id: string): Batched => ({ id, status: "done", error: null, warnings: [], job: null });
const failed = (id: string, code: string, detail: string): Batched => ({
  ...done(id),
  status: "failed",
  error: { code, detail },
});

beforeEach(prepareClient);

describe("chunked", () => {
  it.each([
    [0, []],
    [100, [100]],
    [101, [100, 1]],
    [250, [100, 100, 50]],
  ])("makes of %i items chunks of %j", (count, sizes) => {
    expect(chunked(ids(count)).map(({ length }) => length)).toEqual(sizes);
    expect(chunked(ids(count)).flat()).toEqual(ids(count));
  });
});

describe("runBatch", () => {
  it("asks for at most a hundred at a time, and for each once", async () => {
    const requests = answered((body) => body.ids.map(done));
    const outcome = await runBatch({ action: "trash" }, ids(230));
    expect(requests.map(({ body }) => body.ids.length)).toEqual([100, 100, 30]);
    expect(outcome.succeeded).toEqual(ids(230));
  });

  it("tells of each that failed why", async () => {
    answered((body) =>
      body.ids.map((id) => (id === "id-1" ? failed(id, "trashed", "It lies in the trash.") : done(id))),
    );
    const outcome = await runBatch({ action: "describe" }, ids(3));
    expect(outcome.succeeded).toEqual(["id-0", "id-2"]);
    expect(outcome.failed).toEqual([{ id: "id-1", reason: "It lies in the trash." }]);
  });

  it("sends again what the server had no time to begin", async () => {
    const requests = answered((body, request) =>
      body.ids.map((id, index) => (request === 1 && index > 0 ? failed(id, "not_begun", "No time.") : done(id))),
    );
    const outcome = await runBatch({ action: "delete" }, ids(3));
    expect(requests.map(({ body }) => body.ids)).toEqual([ids(3), ["id-1", "id-2"]]);
    expect(outcome.failed).toEqual([]);
  });

  it("gives up where the server begins none at all", async () => {
    const requests = answered((body) => body.ids.map((id) => failed(id, "not_begun", "No time.")));
    const outcome = await runBatch({ action: "delete" }, ids(2));
    expect(requests).toHaveLength(1);
    expect(outcome.failed).toHaveLength(2);
  });

  it("loses none when a request fails: those after it have failed, too", async () => {
    answered((body, request) => (request === 2 ? HttpResponse.error() : body.ids.map(done)));
    const outcome = await runBatch({ action: "tag", tags: ["alps"] }, ids(250));
    expect(outcome.succeeded).toHaveLength(100);
    expect(outcome.failed.map(({ id }) => id)).toEqual(ids(250).slice(100));
  });

  it("names a transformation by one key, so that no repeat makes a second job", async () => {
    const requests = answered((body) => body.ids.map(done));
    await runBatch({ action: "transform", preset: "thumb", save: true }, ids(101));
    const keys = requests.map(({ key }) => key);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
  });
});

describe("reasonsOf", () => {
  it("counts them where there are several", () => {
    const because = (reason: string) => ({ id: "x", reason });
    expect(reasonsOf([because("A."), because("B."), because("B.")])).toEqual(["B. (2 images)", "A. (1 image)"]);
    expect(reasonsOf([because("A."), because("A.")])).toEqual(["A."]);
  });
});
