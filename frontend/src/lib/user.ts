/** The signed-in user. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { User } from "~/client";
import { logOut } from "~/client";
import { showProfileOptions } from "~/client/@tanstack/react-query.gen";
import { type SessionState, session } from "./session";

export function useSessionState(): SessionState {
  return useSyncExternalStore(session.subscribe, () => session.state);
}

/** There on every page behind the sign-in: the router has loaded it before. */
export function useUser(): User {
  return useSuspenseQuery(showProfileOptions()).data;
}

/** Ends the session here and at the server. */
export function useSignOut(): () => Promise<void> {
  return async () => {
    try {
      await logOut({ body: {} });
    } finally {
      // Whoever listens forgets what was loaded in it.
      session.end();
    }
  };
}
