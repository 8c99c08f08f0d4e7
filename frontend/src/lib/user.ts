/** The signed-in user. */
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
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

/** Ends the session here and at the server, and forgets everything that was loaded in it. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    try {
      await logOut({ body: {} });
    } finally {
      session.end();
      client.clear();
    }
  };
}
