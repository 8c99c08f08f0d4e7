/** Ends with 1 where src/client is not what docs/openapi.json gives. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const committed = "src/client";
const fresh = mkdtempSync(join(tmpdir(), "client-"));
try {
  const env = { ...process.env, CLIENT_FOLDER: fresh };
  execFileSync("node_modules/.bin/openapi-ts", ["--silent"], { stdio: "inherit", env });
  const stale = [...new Set([...list(committed), ...list(fresh)])].filter(
    (path) => read(committed, path) !== read(fresh, path),
  );
  if (stale.length > 0) {
    console.error(
      `src/client is not what docs/openapi.json gives: run "npm run client". Different: ${stale.join(", ")}`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true });
}

function list(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function read(folder, path) {
  try {
    return readFileSync(join(folder, path), "utf-8");
  } catch {
    return undefined;
  }
}
