import { thumbHashToDataURL } from "thumbhash";

const LARGEST = 500;
const made = new Map<string, string>();

/** A blurred picture as a `data:` URL, of the 25 bytes or so that the API sends in base64; undefined for what is none. */
export function placeholder(thumbhash: string | null): string | undefined {
  if (thumbhash === null) return undefined;
  const known = made.get(thumbhash);
  if (known !== undefined) return known;
  try {
    const url = thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (letter) => letter.charCodeAt(0)));
    if (made.size >= LARGEST) made.delete(made.keys().next().value ?? "");
    made.set(thumbhash, url);
    return url;
  } catch {
    return undefined;
  }
}
