import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { digested } from "./build/digested.ts";

/** Where `npm run dev` finds the backend. */
const BACKEND = process.env["AIZEN_URL"] ?? "http://localhost:8000";

export default defineConfig({
  plugins: [react(), digested()],
  resolve: { alias: { "~": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    outDir: "../aizen/static",
    emptyOutDir: true,
    target: "es2022",
    // Data URLs for small files would need `data:` in more of the policy, and are sent anew with each change.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The budgets are those of tests/web/test_page_budgets.py, in compressed bytes.
    chunkSizeWarningLimit: 1000,
    // Which chunk needs which: tests/web/test_page_budgets.py adds up what a screen costs.
    manifest: "chunks.json",
    // Of a file for each small module that several screens share, a screen would ask for seventy.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "start", tags: ["$initial"], priority: 2 },
            { name: "frame", test: /src[\\/]app[\\/]shell[\\/]Shell\.tsx$/, priority: 1 },
            { name: "icons", test: /[\\/]@tabler[\\/]icons-react[\\/]/, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/media", "/i/", "/s/", "/healthz", "/readyz"].map((path) => [
        path,
        { target: BACKEND, changeOrigin: false },
      ]),
    ),
  },
  test: {
    environment: "jsdom",
    setupFiles: "src/test/setup.ts",
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
    unstubGlobals: true,
    pool: "threads",
    // A process of its own for each file would load React, Mantine and jsdom each time. src/test/setup.ts makes the rest new for each.
    isolate: false,
  },
});
