/** What the API refuses, as it tells it: problem details of RFC 9457. */
import type { FieldProblem, Problem } from "~/client";

/** A request that failed: refused by the API, or never answered (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly requestId: string | undefined;
  /** Seconds until it is worth another try, where the server tells. */
  readonly retryAfter: number | undefined;

  constructor(problem: Partial<Problem>, { status, retryAfter }: { status: number; retryAfter?: number }) {
    super(problem.detail ?? problem.title ?? "Something went wrong.");
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.fields = problem.errors ?? [];
    this.requestId = problem.request_id;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The failure that `body` and `response` tell of; without a response nobody has answered. */
export function apiError(body: unknown, response: Response | undefined): ApiError {
  if (body instanceof ApiError) return body;
  if (response === undefined)
    return new ApiError(
      { code: "offline", detail: "Aizen cannot be reached. Check the connection, then try again." },
      { status: 0 },
    );
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const problem = isProblem(body) ? body : { title: `The server answered ${response.status}.` };
  return new ApiError(problem, { status: response.status, ...(Number.isFinite(seconds) && { retryAfter: seconds }) });
}

/** What to tell a person of any error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}

/** The refusals by the name of the field, with `/alt/0` as `alt`; those about no field under "". */
export function fieldErrors(error: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  if (!(error instanceof ApiError)) return found;
  for (const { pointer, detail } of error.fields) {
    const name = pointer.split("/")[1] ?? "";
    found[name] ??= detail;
  }
  return found;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "status" in value && "detail" in value;
}
