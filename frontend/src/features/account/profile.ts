import type { QueryClient } from "@tanstack/react-query";
import type { User } from "~/client";
import { showProfileQueryKey } from "~/client/@tanstack/react-query.gen";

/** Every screen shows the user as they are now. */
export function profileChanged(client: QueryClient, user: User): void {
  client.setQueryData(showProfileQueryKey(), user);
}
