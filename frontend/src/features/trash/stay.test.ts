import { describe, expect, it } from "vitest";
import { daysIn, daysLeft } from "./stay";

const PUT_AWAY = "2026-03-01T12:00:00Z";
const at = (iso: string) => new Date(iso).getTime();

describe("how long an image stays in the trash", () => {
  it("counts the days that are left whole", () => {
    expect(daysLeft(PUT_AWAY, 30 * 86_400, at("2026-03-01T12:00:01Z"))).toBe(29);
    expect(daysLeft(PUT_AWAY, 30 * 86_400, at("2026-03-31T11:00:00Z"))).toBe(0);
  });

  it("is never less than none, where the clock is late", () => {
    expect(daysLeft(PUT_AWAY, 86_400, at("2026-04-01T00:00:00Z"))).toBe(0);
  });

  it("is told in days, also of an hour", () => {
    expect(daysIn(2_592_000)).toBe(30);
    expect(daysIn(3600)).toBe(1);
  });
});
