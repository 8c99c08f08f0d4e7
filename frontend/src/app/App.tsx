import { MantineProvider, localStorageColorSchemeManager } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { RouterProvider } from "react-router";
import { newQueryClient, prepareClient } from "~/lib/api";
import { newRouter } from "./router";
import { theme } from "./theme";

const Overlays = lazy(() => import("./Overlays"));
const colorScheme = localStorageColorSchemeManager({ key: "aizen.color-scheme" });

export function App() {
  const [{ queryClient, router }] = useState(() => {
    prepareClient();
    const queryClient = newQueryClient();
    return { queryClient, router: newRouter(queryClient) };
  });
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
