/** What can be told of a file before it is sent. */
import type { Capabilities } from "~/client";
import { bytes } from "~/lib/format";

export interface Candidate {
  name: string;
  size: number;
  /** As the browser takes it from the name; "" where it does not know. */
  type: string;
}

const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  jpeg: ["jpg", "jpeg", "jpe", "jfif"],
  png: ["png", "apng"],
  gif: ["gif"],
  webp: ["webp"],
  avif: ["avif"],
};

/** Why the file would be refused, or undefined. What is in it is for the server to judge. */
export function refusalOf(
  file: Candidate,
  { limits, formats }: Pick<Capabilities, "limits" | "formats">,
): string | undefined {
  if (!isTaken(file, formats.input)) return `Only ${listed(formats.input)} pictures are taken.`;
  if (file.size === 0) return "The file is empty.";
  if (file.size > limits.image_bytes)
    return `The file has ${bytes(file.size)}; an image may have ${bytes(limits.image_bytes)}.`;
  return undefined;
}

function listed(formats: readonly string[]): string {
  return new Intl.ListFormat("en-GB").format(formats.map((name) => (name === "webp" ? "WebP" : name.toUpperCase())));
}

export function isTaken({ name, type }: Candidate, formats: readonly string[]): boolean {
  if (formats.some((format) => type === `image/${format}`)) return true;
  // A file that was renamed has a wrong type; one that the browser does not know has none.
  const extension = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return type === "" && extension !== undefined && formats.some((format) => EXTENSIONS[format]?.includes(extension));
}

/** For the browser's dialog: the types, and the endings for those that it does not know. */
export function acceptOf(formats: readonly string[]): string {
  return formats
    .flatMap((format) => [`image/${format}`, ...(EXTENSIONS[format] ?? []).map((extension) => `.${extension}`)])
    .join(",");
}
