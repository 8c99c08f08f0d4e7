import { Notice } from "./Notice";

export function NotFoundPage() {
  return <Notice title="There is no such page">The address may be mistyped, or what was here is gone.</Notice>;
}
