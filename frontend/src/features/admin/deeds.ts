/** The audit log in words. */
import type { Audit } from "~/client";
import { bytes, count } from "~/lib/format";

export const ACTIONS: Readonly<Record<Audit["action"], string>> = {
  "admin.created": "made an administrator",
  "admin.role_given": "gave the role of an administrator to",
  "user.changed": "changed the account of",
  "user.sessions_ended": "signed out everywhere",
  "image.taken_down": "took down the image",
  "image.deleted": "deleted the image",
  "work.retried": "ran again",
  "work.all_retried": "ran all failed work again:",
  "integrity.asked": "asked for an integrity report",
};

/** The same, as the names of a filter. */
export const ACTION_NAMES: Readonly<Record<Audit["action"], string>> = {
  "admin.created": "Administrator made",
  "admin.role_given": "Role given",
  "user.changed": "Account changed",
  "user.sessions_ended": "Signed out everywhere",
  "image.taken_down": "Image taken down",
  "image.deleted": "Image deleted",
  "work.retried": "Work run again",
  "work.all_retried": "All failed work run again",
  "integrity.asked": "Integrity report asked for",
};

const NAMES: Readonly<Record<string, string>> = {
  storage_quota: "Storage quota",
  email_verified: "E-mail address confirmed",
  visibility_before: "Visibility before",
  links_ended: "Share links ended",
  links_withdrawn: "Links of e-mails voided",
  keys_revoked: "API keys revoked",
  key_id: "By the API key",
  owner_id: "Owner",
  subject_id: "Done on",
  error_before: "Had failed with",
  attempts_before: "Attempts before",
  left: "Still failed",
  bytes: "Size",
  sha256: "SHA-256",
  checksums: "Every original read",
};
const IN_BYTES = new Set(["bytes", "storage_quota"]);
/** Those that hold what was before and what is since. */
const BEFORE_AND_AFTER = new Set(["role", "disabled", "email_verified", "storage_quota"]);

/** What the row says beyond who, what and whom: names with values, all of them text. */
export function detailLines(detail: Audit["detail"]): [name: string, value: string][] {
  return Object.entries(detail)
    .filter(([, value]) => value !== "" && value !== null)
    .map(([key, value]) => [nameOf(key), wordsOf(key, value)]);
}

function wordsOf(key: string, value: unknown): string {
  if (BEFORE_AND_AFTER.has(key) && Array.isArray(value) && value.length === 2)
    return value.map((each) => wordOf(key, each)).join(" → ");
  return wordOf(key, value);
}

function wordOf(key: string, value: unknown): string {
  if (key === "storage_quota" && value === null) return "as the settings say";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return IN_BYTES.has(key) ? bytes(value) : count(value);
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

function nameOf(key: string): string {
  const words = key.replaceAll("_", " ");
  return NAMES[key] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

export function isAction(value: string): value is Audit["action"] {
  return Object.hasOwn(ACTION_NAMES, value);
}
