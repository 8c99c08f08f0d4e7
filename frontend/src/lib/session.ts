/**
 * Who is signed in. The access token lives in this module's memory alone; the refresh token is a cookie that no script can read.
 *
 * Whether there may be such a cookie is remembered beside it, so that a stranger's visit asks for no tokens.
 */
import type { Tokens } from "~/client";
import { apiError } from "./problems";

const REFRESH = "/api/v1/auth/token/refresh";
const REMEMBERED = "aizen.signed-in";
/** Renewed that long before it ends: a request must not arrive late. */
const EARLY_SECONDS = 30;

interface Access {
  token: string;
  endsAt: number;
}

export type SessionState = "unknown" | "signed-out" | "signed-in";

let access: Access | undefined;
let state: SessionState = "unknown";
let renewing: Promise<void> | undefined;
const listeners = new Set<() => void>();

export const session = {
  get state(): SessionState {
    return state;
  },

  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  /** The tokens of a sign-in are taken over. Whoever was signed in before is not any more, and what they loaded is forgotten. */
  begin(tokens: Pick<Tokens, "access" | "expires_in">): void {
    if (state === "signed-in") session.end();
    take(tokens);
  },

  /** Here nobody is signed in any longer; the server is not told. */
  end(): void {
    access = undefined;
    remember(false);
    become("signed-out");
  },

  /** Settles once it is known whether somebody is signed in; fails with an `ApiError` where that cannot be told right now. */
  async resume(): Promise<SessionState> {
    if (state === "unknown") {
      if (isRemembered()) await renew();
      else become("signed-out");
    }
    return state;
  },
};

/**
 * As `fetch`, signed in: with a token that is good, and once more with a new one where the server says that it was not.
 *
 * Fails with an `ApiError` where a new token is needed and cannot be had right now: without one the server would say that nobody is signed in.
 */
export async function fetchSignedIn(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const token = await accessToken();
  if (token === undefined) return fetch(request);
  const again = request.clone();
  const response = await fetch(withToken(request, token));
  if (response.status !== 401) return response;
  if (access?.token === token) forgetAccessToken();
  const next = await accessToken();
  return next === undefined ? response : fetch(withToken(again, next));
}

/** A token that is good, renewed where it has to be; undefined where nobody is signed in. Uploads, which are sent by other means, ask too. */
export async function accessToken(): Promise<string | undefined> {
  if (access !== undefined && access.endsAt - EARLY_SECONDS * 1000 > Date.now()) return access.token;
  if (state === "signed-out" || (state === "unknown" && !isRemembered())) return undefined;
  await renew();
  return access?.token;
}

/** Whatever token there was is not taken any more: the next one is new. */
export function forgetAccessToken(): void {
  access = undefined;
}

/**
 * One renewal at a time, in all windows of this browser: each refresh token is good for one. Over plain http to another host there are no
 * locks; two windows then rely on the seconds in which the server takes a spent token once more.
 */
function renew(): Promise<void> {
  renewing ??= exclusively(exchangeRefreshToken).finally(() => {
    renewing = undefined;
  });
  return renewing;
}

/** Anything else than a refusal (too many requests, a database that is away) ends no session, and is thrown. */
async function exchangeRefreshToken(): Promise<void> {
  const response = await fetch(REFRESH, {
    method: "POST",
    headers: { "Aizen-Session": "cookie", "Content-Type": "application/json" },
    body: "{}",
  }).catch(() => undefined);
  const body: unknown = await response?.json().catch(() => undefined);
  if (response?.ok && isTokens(body)) take(body);
  else if (response?.status === 401 || response?.status === 422) session.end();
  else throw apiError(body, response);
}

function take(tokens: Pick<Tokens, "access" | "expires_in">): void {
  access = { token: tokens.access, endsAt: Date.now() + tokens.expires_in * 1000 };
  remember(true);
  become("signed-in");
}

function isTokens(value: unknown): value is Pick<Tokens, "access" | "expires_in"> {
  return (
    typeof value === "object" &&
    value !== null &&
    "access" in value &&
    typeof value.access === "string" &&
    "expires_in" in value &&
    typeof value.expires_in === "number"
  );
}

function exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
  return "locks" in navigator ? navigator.locks.request("aizen.session", work) : work();
}

function withToken(request: Request, token: string): Request {
  request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

function become(next: SessionState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

function remember(isSignedIn: boolean): void {
  try {
    if (isSignedIn) localStorage.setItem(REMEMBERED, "yes");
    else localStorage.removeItem(REMEMBERED);
  } catch {
    // Without storage the session ends with the page.
  }
}

function isRemembered(): boolean {
  try {
    return localStorage.getItem(REMEMBERED) !== null;
  } catch {
    return false;
  }
}

// Signed out or in in another window: here too.
if (typeof window !== "undefined")
  window.addEventListener("storage", (event) => {
    if (event.key !== REMEMBERED) return;
    if (event.newValue === null) {
      if (state === "signed-in") session.end();
    } else if (state === "signed-out") {
      // Where it fails this window stays as it is: it is asked again when it is loaded anew.
      renew().catch(() => undefined);
    }
  });
