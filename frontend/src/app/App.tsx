import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Suspense, lazy } from "react";
import { RouterProvider } from "react-router";
import type { Router } from "./router";
import { theme } from "./theme";

const Overlays = lazy(() => import("./Overlays"));
const colorScheme = localStorageColorSchemeManager({ key: "aizen.color-scheme" });

export function App({ queryClient, router }: { queryClient: QueryClient; router: Router }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={colorScheme}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Suspense fallback={null}>
          <Overlays />
        </Suspense>
      </QueryClientProvider>
    </MantineProvider>
  );
}
