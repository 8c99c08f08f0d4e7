/** What an API key may do, in the words of docs/api-keys.md. */
import type { KeyRequest } from "~/client";

export type Scope = KeyRequest["scopes"][number];

export const SCOPES: Readonly<Record<Scope, { label: string; allows: string }>> = {
  "images:read": { label: "Read images", allows: "List, search and open your images." },
  "images:write": {
    label: "Change images",
    allows: "Upload, change, describe and delete them, and withdraw what is public; publish nothing.",
  },
  "transforms:run": { label: "Transform", allows: "Transform images, and follow and cancel that work." },
  "generate:run": { label: "Generate", allows: "Have images generated." },
  "shares:write": {
    label: "Share",
    allows: "Make links to images; together with Read images, publish them too.",
  },
  admin: { label: "Administer", allows: "Look after the whole service: users, content and jobs of everybody." },
};

/** Those that somebody of that role may give, in the order in which they are shown. */
export function scopesFor(role: "user" | "admin"): Scope[] {
  const common: Scope[] = ["images:read", "images:write", "transforms:run", "generate:run", "shares:write"];
  return role === "admin" ? [...common, "admin"] : common;
}
