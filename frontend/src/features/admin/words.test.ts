import { expect, test } from "vitest";
import type { Overview } from "~/client";
import { detailLines } from "./deeds";
import { readReport } from "./faults";
import { changedParams, idOf, oneOf } from "./filters";
import { troubles } from "./health";
import { dollars, recentMonths } from "./ledger";
import { quotaOf } from "./quota";
import { retriable, workRows } from "./work";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const HEALTHY: Overview = {
  version: "0.1.0",
  environment: "production",
  database: "postgresql",
  storage: "s3",
  users: { total: 12, admins: 1, disabled: 0 },
  images: { total: 3120, trashed: 14, bytes: 9_126_312_003 },
  work: { waiting: 0, pending: 2, working: 1, failed: 0 },
  queue: { length: 2, workers: 1, unavailable: null },
  describers: [{ name: "gemini", left_alone_seconds: 0 }],
  painters: [{ name: "huggingface", left_alone_seconds: 0 }],
  integrity: { state: "done", made_at: "2026-11-24T11:00:00Z", is_clean: true },
};

test("a service in order has no trouble", () => {
  expect(troubles(HEALTHY, NOW)).toEqual([]);
});

test("the worst trouble comes first, with what to do", () => {
  const found = troubles(
    {
      ...HEALTHY,
      work: { ...HEALTHY.work, failed: 3 },
      queue: { length: 2, workers: 0, unavailable: null },
      describers: [
        { name: "gemini", left_alone_seconds: 42 },
        { name: "offline", left_alone_seconds: 0 },
      ],
    },
    NOW,
  );
  expect(found.map(({ level, title }) => [level, title])).toEqual([
    ["bad", "No worker is alive"],
    ["warning", "3 pieces of work have failed"],
    ["warning", "A describer is left alone after repeated failures"],
  ]);
  expect(found[0]?.advice).toContain("3 pieces of work wait.");
  expect(found[2]?.advice).toContain("offline is asked instead");
});

test("without a queue nothing is said of workers, which nobody can count then", () => {
  const found = troubles({ ...HEALTHY, queue: { length: null, workers: 0, unavailable: "Connection refused." } }, NOW);
  expect(found.map(({ title }) => title)).toEqual(["The queue cannot be reached"]);
});

test("a painter that is alone in being left alone is bad", () => {
  const [trouble] = troubles({ ...HEALTHY, painters: [{ name: "huggingface", left_alone_seconds: 1 }] }, NOW);
  expect(trouble?.level).toBe("bad");
  expect(trouble?.advice).toContain("huggingface for 1 second more");
});

test("an old report and faults that it found are told", () => {
  const at = (made_at: string, is_clean: boolean) =>
    troubles({ ...HEALTHY, integrity: { state: "done", made_at, is_clean } }, NOW).map(({ title }) => title);
  expect(at("2026-10-01T00:00:00Z", true)).toEqual(["The integrity report is old"]);
  expect(at("2026-11-24T11:00:00Z", false)).toEqual(["Database and storage do not agree"]);
});

test("what was changed is told as before and after, and anything unknown as it stands", () => {
  expect(
    detailLines({
      role: ["user", "admin"],
      disabled: [false, true],
      storage_quota: [null, 2_000_000_000],
      reason: "<script>alert(1)</script>",
      something_new: { deep: [1, 2] },
      label: "",
    }),
  ).toEqual([
    ["Role", "user → admin"],
    ["Disabled", "no → yes"],
    ["Storage quota", "as the settings say → 2 GB"],
    ["Reason", "<script>alert(1)</script>"],
    ["Something new", '{"deep":[1,2]}'],
  ]);
});

test("a report is read with its faults in order, also one that is not known here", () => {
  const report = readReport({
    images: 8,
    objects: 112,
    is_clean: false,
    checksums_compared: true,
    counts: { cosmic_rays: 2, orphan_objects: 1, missing_objects: 0 },
    orphan_objects: ["images/a/b.webp", 7],
  });
  expect(report.faults.map(({ title, count }) => [title, count])).toEqual([
    ["Missing files", 0],
    ["Files that belong to nothing", 1],
    ["Cosmic rays", 2],
  ]);
  expect(report.faults[1]?.named).toEqual(["images/a/b.webp"]);
  expect(readReport({}).faults).toEqual([]);
});

test("work is counted by kind, the most failures first, and letters are not run again with the rest", () => {
  const counts = [
    { kind: "variants", state: "pending", count: 4 },
    { kind: "send_change", state: "failed", count: 1 },
    { kind: "description", state: "failed", count: 3 },
    { kind: "description", state: "from the future", count: 9 },
  ];
  expect(workRows(counts).map(({ kind, failed, pending }) => [kind, failed, pending])).toEqual([
    ["description", 3, 0],
    ["send_change", 1, 0],
    ["variants", 0, 4],
  ]);
  expect(retriable({ counts }, undefined)).toBe(3);
  expect(retriable({ counts }, "send_change")).toBe(1);
});

test("filters that are emptied leave the address, and others stay", () => {
  const after = changedParams(new URLSearchParams("search=ada&role=admin&user=1"), {
    search: "",
    user: null,
    state: "active",
  });
  expect(after.toString()).toBe("role=admin&state=active");
});

test("what an address says is taken only where it can be meant", () => {
  expect(oneOf("admin", ["user", "admin"])).toBe("admin");
  expect(oneOf("root", ["user", "admin"])).toBeUndefined();
  expect(idOf("0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a11")).toBeDefined();
  expect(idOf("../users")).toBeUndefined();
});

test("money below a dollar keeps its digits", () => {
  expect(dollars(452)).toBe("$0.000452");
  expect(dollars(0)).toBe("$0.00");
  expect(dollars(19_455_515)).toBe("$19.46");
});

test("months go back over the turn of the year", () => {
  expect(recentMonths(new Date("2026-01-31T23:59:00Z"), 3)).toEqual(["2026-01", "2025-12", "2025-11"]);
});

test("gigabytes are bytes only where they are a number that can be kept", () => {
  expect(["2.5", "0", "", "-1", "many", "1e12"].map(quotaOf)).toEqual([
    2_500_000_000,
    0,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
