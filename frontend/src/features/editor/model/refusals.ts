/** Which part of the editor the API's refusal of a recipe is about. */
import { ApiError, hasCode, messageOf } from "~/lib/problems";
import type { Tool } from "./edit";
import type { Segment } from "./recipe";

export interface Refusals {
  byTool: Partial<Record<Tool, string>>;
  /** What is about no part of it. */
  other: string | undefined;
}

/** A rendering that takes longer than a request waits for; a worker has more time. */
export const TOO_SLOW = "render_timeout";
const SLOW = "This takes too long to be measured here. It can be saved all the same: a worker makes it then.";
const NONE: Refusals = { byTool: {}, other: undefined };
const TOOL_OF_CODE: Readonly<Record<string, Tool>> = {
  result_too_large: "size",
  max_bytes_unreachable: "file",
  animation_not_kept: "file",
  text_not_drawable: "watermark",
};

/** Refusals name the segment, or the step that it is, counted from 1: "Segment 2, q: Must be …", "Step 1: The picture would be …". */
export function refusalsOf(error: unknown, segments: readonly Segment[]): Refusals {
  if (error === null || error === undefined) return NONE;
  if (hasCode(error, TOO_SLOW)) return { byTool: {}, other: SLOW };
  if (!(error instanceof ApiError) || error.fields.length === 0) return { byTool: {}, other: messageOf(error) };
  const byTool: Partial<Record<Tool, string>> = {};
  const others: string[] = [];
  for (const { code, detail } of error.fields) {
    const [prefix = "", place] = /^(?:Segment|Step) (\d+)[^:]*: /.exec(detail) ?? [];
    const tool = segments[Number(place) - 1]?.tool ?? TOOL_OF_CODE[code];
    if (tool === undefined) others.push(detail);
    else byTool[tool] ??= detail.slice(prefix.length);
  }
  return { byTool, other: others.length > 0 ? others.join(" ") : undefined };
}

export function merged(...all: readonly Refusals[]): Refusals {
  return {
    byTool: Object.assign({}, ...[...all].reverse().map(({ byTool }) => byTool)) as Refusals["byTool"],
    other: all.find(({ other }) => other !== undefined)?.other,
  };
}
