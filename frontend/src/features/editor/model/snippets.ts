/** The edit as one puts it into a page or a program. Each is complete as it is copied; what people wrote is escaped for its language. */

export interface PictureSource {
  /** "image/avif" */
  type: string;
  /** Widths, smallest first, with their addresses. */
  addresses: readonly { width: number; url: string }[];
}

export interface PictureParts {
  /** The last is what every browser reads: it becomes the `<img>`. */
  sources: readonly PictureSource[];
  width: number;
  height: number;
  /** Undefined where nobody has said what is to be seen: an empty one would say that it tells nothing. */
  alt: string | undefined;
  /** The IPTC's term for where the picture comes from, for pages that mark what a model has made. */
  sourceType: string | null;
}

export interface Request {
  origin: string;
  imageId: string;
  recipe: string;
  /** Of the file that comes back: "webp". */
  format: string;
  fileName: string;
  /** Whether the picture is too large to be waited for: the answer names the work, not the picture. */
  isLater: boolean;
}

export function pictureElement({ sources, width, height, alt, sourceType }: PictureParts): string {
  const plain = sources.at(-1);
  const sizes = `(max-width: ${width}px) 100vw, ${width}px`;
  const better = sources.slice(0, -1).map(
    (source) =>
      `  <source ${attributes([
        ["type", source.type],
        ["srcset", srcset(source)],
        ["sizes", sizes],
      ])}>`,
  );
  const image = attributes([
    ["src", plain?.addresses.at(-1)?.url],
    ["srcset", plain && srcset(plain)],
    ["sizes", sizes],
    ["width", String(width)],
    ["height", String(height)],
    ["alt", alt],
    ["data-digital-source-type", sourceType ?? undefined],
    ["style", "max-width:100%;height:auto"],
    ["loading", "lazy"],
    ["decoding", "async"],
  ]);
  return ["<picture>", ...better, `  <img ${image}>`, "</picture>"].join("\n");
}

export function markdown(url: string, alt: string): string {
  // Every mark of CommonMark means itself behind a backslash.
  const escaped = alt
    .trim()
    .replace(/\s+/g, " ")
    .replace(/[!-/:-@[-`{-~]/g, "\\$&");
  return `![${escaped}](${url})`;
}

export function curl(request: Request): string {
  const lines = [
    `curl --fail-with-body -X POST ${shell(addressOf(request))}`,
    `  -H "Authorization: Bearer $AIZEN_KEY"`,
    `  -H 'Content-Type: application/json'`,
    ...(request.isLater ? [] : [`  -H 'Accept: ${acceptOf(request)}'`]),
    `  -d ${shell(JSON.stringify({ recipe: request.recipe }))}`,
    ...(request.isLater ? [] : [`  --output ${shell(request.fileName)}`]),
  ];
  return lines.join(" \\\n");
}

export function python(request: Request): string {
  const send = [
    "import json",
    "import os",
    ...(request.isLater ? [] : ["from pathlib import Path"]),
    "from urllib.request import Request, urlopen",
    "",
    "request = Request(",
    `    ${literal(addressOf(request))},`,
    `    data=json.dumps({"recipe": ${literal(request.recipe)}}).encode(),`,
    "    headers={",
    `        "Authorization": "Bearer " + os.environ["AIZEN_KEY"],`,
    `        "Content-Type": "application/json",`,
    ...(request.isLater ? [] : [`        "Accept": ${literal(acceptOf(request))},`]),
    "    },",
    ")",
    "with urlopen(request) as answer:",
  ];
  const take = request.isLater
    ? ["    print(json.load(answer))"]
    : [`    Path(${literal(request.fileName)}).write_bytes(answer.read())`];
  return [...send, ...take].join("\n");
}

/** "Holiday 1.JPG" as "holiday-1.webp": a name that needs no quotes anywhere. */
export function fileNameFor(name: string, format: string): string {
  const stem = name
    .replace(/\.[a-z0-9]{2,5}$/i, "")
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-z0-9]+/gi, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase();
  return `${stem || "picture"}-edited.${format}`;
}

function addressOf({ origin, imageId }: Request): string {
  return `${origin}/api/v1/images/${imageId}/transform`;
}

function acceptOf({ format }: Request): string {
  return `image/${format}`;
}

function srcset({ addresses }: PictureSource): string {
  return addresses.map(({ url, width }) => `${url} ${width}w`).join(", ");
}

function attributes(of: readonly (readonly [string, string | undefined])[]): string {
  return of.flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${html(value)}"`])).join(" ");
}

function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** In single quotes a shell reads everything as it stands, but for the quote itself. */
function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Whatever JSON says of a string, Python understands in the same way. */
function literal(text: string): string {
  return JSON.stringify(text);
}
