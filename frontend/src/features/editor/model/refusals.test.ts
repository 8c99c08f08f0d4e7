import { expect, it } from "vitest";
import { ApiError } from "~/lib/problems";
import { merged, refusalsOf } from "./refusals";

const SEGMENTS = [
  { tool: "size", text: "w=800" },
  { tool: "filters", text: "fx=sepia:900" },
  { tool: "file", text: "q=0" },
] as const;

function refused(...errors: { code: string; detail: string }[]): ApiError {
  const fields = errors.map((each) => ({ pointer: "/recipes/0", ...each }));
  return new ApiError({ errors: fields }, { status: 422 });
}

it("finds the tool by the segment that the API names", () => {
  const error = refused(
    { code: "out_of_range", detail: "Segment 2, fx (amount): Must be a number between 0 and 100 (percent)." },
    { code: "out_of_range", detail: "Segment 3, q: Must be a whole number between 1 and 100, or auto." },
  );
  expect(refusalsOf(error, SEGMENTS).byTool).toEqual({
    filters: "Must be a number between 0 and 100 (percent).",
    file: "Must be a whole number between 1 and 100, or auto.",
  });
});

it("finds it by the code where no segment is named", () => {
  const error = refused({ code: "result_too_large", detail: "The picture would be 6000 × 4000 pixels here." });
  expect(refusalsOf(error, []).byTool.size).toContain("6000");
  const step = refused({ code: "result_too_large", detail: "Step 2: The picture would be 9000 × 6000 pixels here." });
  expect(refusalsOf(step, SEGMENTS).byTool).toEqual({ filters: "The picture would be 9000 × 6000 pixels here." });
});

it("tells what is about no tool beside them all", () => {
  expect(refusalsOf(refused({ code: "too_many", detail: "At most 8 steps." }), SEGMENTS).other).toBe(
    "At most 8 steps.",
  );
  expect(refusalsOf(new ApiError({ detail: "Busy." }, { status: 503 }), SEGMENTS).other).toBe("Busy.");
  const slow = refusalsOf(new ApiError({ code: "render_timeout" }, { status: 422 }), SEGMENTS);
  expect(slow.other).toContain("It can be saved all the same");
  expect(refusalsOf(null, SEGMENTS)).toEqual({ byTool: {}, other: undefined });
});

it("keeps the first of two refusals of one tool", () => {
  const one = { byTool: { size: "first" }, other: undefined };
  const two = { byTool: { size: "second", file: "third" }, other: "fourth" };
  expect(merged(one, two)).toEqual({ byTool: { size: "first", file: "third" }, other: "fourth" });
});
