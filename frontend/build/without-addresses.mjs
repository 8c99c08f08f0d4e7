/** In the generated files no comment names an address on the web: `{@link address words}` is the words. The argument is their folder. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const text = readFileSync(path, "utf-8");
  const plain = text.replace(/\{@link https?:\/\/\S+ ([^}]+)\}/g, "$1");
  if (plain !== text) writeFileSync(path, plain);
}
