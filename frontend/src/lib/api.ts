/** The generated client, made ready: signed in, at this page's own origin, and with its failures as `ApiError`. */
import { QueryClient } from "@tanstack/react-query";
import { client } from "~/client/client.gen";
import { ApiError, apiError } from "./problems";
import { fetchSignedIn } from "./session";

export function prepareClient(): void {
  client.setConfig({
    baseUrl: window.location.origin,
    fetch: fetchSignedIn,
    throwOnError: true,
    // The refresh token stays in a cookie; and no form of another site can send this header.
    headers: { "Aizen-Session": "cookie" },
  });
  // Its types promise a response where the network gave none.
  client.interceptors.error.use((error, response: Response | undefined) =>
    isAborted(error) ? error : apiError(error, response),
  );
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiError && error.isTemporary && error.status !== 429,
      },
    },
  });
}

/** The `cursor` of the next page that a `Link` header (RFC 8288) names, or undefined on the last one. */
export function nextCursor(response: Response): string | undefined {
  for (const part of (response.headers.get("Link") ?? "").split(/,\s*(?=<)/)) {
    const [, address, parameters] = /^<([^>]*)>(.*)$/.exec(part) ?? [];
    if (address !== undefined && /;\s*rel="?next"?/.test(parameters ?? ""))
      return new URL(address, window.location.origin).searchParams.get("cursor") ?? undefined;
  }
  return undefined;
}

function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
