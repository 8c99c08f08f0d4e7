import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type RenderResult, render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import type { ReactNode } from "react";
import { RouterProvider, createMemoryRouter } from "react-router";
import { theme } from "~/app/theme";
import { prepareClient } from "~/lib/api";

interface Shown extends RenderResult {
  user: UserEvent;
  queryClient: QueryClient;
  /** Where the router is now: path and query. */
  address: () => string;
}

interface Options {
  /** The pattern of the route that shows the node, and the address that is opened. */
  path?: string;
  at?: string;
}

/** Shows the node as the application would, at an address; every other address shows the words "elsewhere". */
export function show(node: ReactNode, { path = "/", at = path }: Options = {}): Shown {
  prepareClient();
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  const router = createMemoryRouter(
    [
      { path, element: node },
      { path: "*", element: "elsewhere" },
    ],
    { initialEntries: [at] },
  );
  const result = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queryClient}>
        <ModalsProvider>
          <Notifications />
          <RouterProvider router={router} />
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
  const address = () => router.state.location.pathname + router.state.location.search;
  return Object.assign(result, { user: userEvent.setup(), queryClient, address });
}
