/** The most that JavaScript and the API count exactly. */
const MOST = Number.MAX_SAFE_INTEGER;

/** The bytes that so many gigabytes are, as they were written; undefined for what is no such number. */
export function quotaOf(gigabytes: string): number | undefined {
  const bytes = gigabytes.trim() === "" ? Number.NaN : Math.round(Number(gigabytes) * 1e9);
  return bytes >= 0 && bytes <= MOST ? bytes : undefined;
}
