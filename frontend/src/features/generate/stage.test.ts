import { describe, expect, it } from "vitest";
import type { Job, Status } from "~/client";
import { stageOf, wordsOf } from "./stage";

const GENERATING = { status: "generating" } as const;

function job(told: Partial<Job>): Job {
  return {
    id: "0",
    kind: "generation",
    status: "pending",
    progress: 0,
    place: null,
    attempts: 0,
    result: null,
    error: null,
    links: { self: "/api/v1/jobs/0" },
    created_at: "2026-11-28T10:00:00Z",
    ...told,
  };
}

function status(state: "working" | "failed", detail = ""): Status {
  return {
    id: "0",
    status: state === "failed" ? "failed" : "generating",
    ai_status: "pending",
    work: [{ kind: "generation", state, attempts: 1, error: detail ? { code: "blocked", detail } : null }],
    updated_at: "2026-11-28T10:00:00Z",
  };
}

describe("the card of an order", () => {
  it("tells the place in the queue", () => {
    const third = stageOf(GENERATING, job({ place: 3 }), undefined);
    expect(wordsOf(third)).toBe("Number 3 in the queue");
    expect(wordsOf(stageOf(GENERATING, job({ place: 1 }), undefined))).toBe("Next to be painted");
  });

  it("waits where nothing has been heard", () => {
    expect(stageOf(GENERATING, undefined, undefined)).toEqual({ is: "waiting", place: undefined });
  });

  it("tells how far the painter is", () => {
    expect(stageOf(GENERATING, job({ status: "working", progress: 40 }), undefined)).toEqual({
      is: "painting",
      progress: 40,
    });
  });

  it("goes by the image's own work where its job is not known", () => {
    expect(stageOf(GENERATING, undefined, status("working"))).toEqual({ is: "painting", progress: 0 });
  });

  it("prepares the sizes once it is painted, though the image is not read anew", () => {
    expect(stageOf(GENERATING, job({ status: "done" }), undefined)).toEqual({ is: "preparing" });
    expect(stageOf({ status: "processing" }, undefined, undefined)).toEqual({ is: "preparing" });
  });

  it("gives the reason in the API's words where it has failed", () => {
    expect(stageOf({ status: "failed" }, undefined, status("failed", "A filter refused the prompt."))).toEqual({
      is: "failed",
      reason: "A filter refused the prompt.",
    });
    const failed = job({ status: "failed", error: { code: "bad_key", detail: "The key is wrong." } });
    expect(stageOf(GENERATING, failed, undefined)).toEqual({ is: "failed", reason: "The key is wrong." });
  });
});
