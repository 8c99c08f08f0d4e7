import { listImages } from "~/client";
import { NEWEST } from "~/lib/images";
import { nextCursor } from "~/lib/api";

/** The ids of everything in the trash, also of what no page has shown yet. */
export async function allTrashed(): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listImages({ query: { trashed: true, limit: NEWEST, ...(cursor !== undefined && { cursor }) } });
    ids.push(...page.data.map(({ id }) => id));
    cursor = nextCursor(page.response);
  } while (cursor !== undefined);
  return ids;
}
