import { defineConfig } from "@hey-api/openapi-ts";

// The document that the backend writes and its tests hold to the truth. What comes of it is committed, and `make check` compares.
export default defineConfig({
  input: "../docs/openapi.json",
  output: {
    // Elsewhere for build/client-is-fresh.mjs.
    path: process.env["CLIENT_FOLDER"] ?? "src/client",
    postProcess: [{ command: "node", args: ["build/without-addresses.mjs", "{{path}}"], name: "without addresses" }],
  },
  plugins: [
    { name: "@hey-api/client-fetch", throwOnError: true },
    { name: "@hey-api/typescript", enums: false },
    { name: "@hey-api/sdk" },
    { name: "@tanstack/react-query", queryOptions: true, infiniteQueryOptions: false },
  ],
});
