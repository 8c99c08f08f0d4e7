import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** What the build is made of, seen from the folder of this project: what the page does not hold is left out. */
const ROOTS = ["build", "public", "src", "index.html", "package-lock.json", "postcss.config.cjs", "vite.config.ts"];
const NOT_BUILT = [/\.test\.tsx?$/, /^src\/test\//, /\.md$/];
/** What fits into one packet is not sent faster by being smaller. */
const WORTH_COMPRESSING = 1400;
const COMPRESSIBLE = /\.(css|html|js|json|svg|txt)$/;

/**
 * Beside the build stands `sources.sha256`, a line for each source as `sha256sum` writes it, sorted by path: by it a machine without Node
 * can tell whether the build is older than its sources.
 */
export function sources(folder: string): string {
  return ROOTS.flatMap((root) => files(join(folder, root)))
    .map((file) => [relative(folder, file).split(sep).join("/"), file] as const)
    .filter(([path]) => !NOT_BUILT.some((pattern) => pattern.test(path)))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, file]) => `${createHash("sha256").update(readFileSync(file)).digest("hex")}  ${path}\n`)
    .join("");
}

function files(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [path];
  }
}

/** The build is complete: its sources are named, and each of its texts stands there compressed too where that makes it smaller. */
export function digested(): Plugin {
  let folder = "";
  return {
    name: "digested",
    apply: "build",
    configResolved(config) {
      folder = config.root;
    },
    // After Vite's own last touches, which write the names of the chunks into them.
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        this.emitFile({ type: "asset", fileName: "sources.sha256", source: sources(folder) });
        for (const path of Object.keys(bundle)) {
          const item = bundle[path];
          if (item === undefined || !COMPRESSIBLE.test(path)) continue;
          const content = Buffer.from(item.type === "chunk" ? item.code : item.source);
          for (const [ending, compressed] of [
            ["br", brotli(content)],
            ["gz", gzipSync(content, { level: 9 })],
          ] as const) {
            if (content.length > WORTH_COMPRESSING && compressed.length < content.length * 0.9)
              this.emitFile({ type: "asset", fileName: `${path}.${ending}`, source: compressed });
          }
        }
      },
    },
  };
}

function brotli(content: Buffer): Buffer {
  return brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
}
