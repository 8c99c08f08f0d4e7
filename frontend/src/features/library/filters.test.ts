import { describe, expect, it } from "vitest";
import { EVERYTHING, type Filters, countOf, filtersIn, isNarrowed, paramsOf, queryOf } from "./filters";

const ALL: Filters = {
  search: 'lake -boat tag:"golden gate"',
  tags: ["alps", "über & co"],
  status: "failed",
  visibility: "public",
  source: "generation",
  sort: "uploaded_at",
};

describe("the library's address", () => {
  it("says all that is filtered by, and is read back the same", () => {
    expect(filtersIn(new URLSearchParams(paramsOf(ALL).toString()))).toEqual(ALL);
  });

  it("is empty for everything", () => {
    expect(paramsOf(EVERYTHING).toString()).toBe("");
    expect(filtersIn(new URLSearchParams())).toEqual(EVERYTHING);
  });

  it("is forgiven what it says wrongly", () => {
    expect(filtersIn(new URLSearchParams("status=lost&sort=name&tag=&tag=a&tag=a&visibility="))).toEqual({
      ...EVERYTHING,
      tags: ["a"],
    });
  });
});

describe("the API's query", () => {
  it("has no part that narrows nothing", () => {
    expect(queryOf({ ...EVERYTHING, search: "  " })).toEqual({ sort: "-uploaded_at" });
  });

  it("asks for all tags at once", () => {
    expect(queryOf(ALL)).toMatchObject({ tag: "alps,über & co", status: "failed", sort: "uploaded_at" });
  });
});

describe("what is narrowed", () => {
  it("counts the filters besides the search", () => {
    expect(countOf(ALL)).toBe(5);
    expect(isNarrowed({ ...EVERYTHING, search: "x" })).toBe(true);
    expect(isNarrowed({ ...EVERYTHING, sort: "uploaded_at", search: " " })).toBe(false);
  });
});
