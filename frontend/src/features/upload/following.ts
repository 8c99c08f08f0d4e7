/** Asks what has become of uploaded images, until each is described. */
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type Image, getImage } from "~/client";
import { newestImages } from "~/lib/images";
import { hasStatus } from "~/lib/problems";
import { type Turns, newTurns } from "~/lib/turns";
import type { Uploads } from "./uploads";

const POLL_MS = 2000;
/** Without news for this long, it is asked less often. */
const PATIENCE_MS = 120_000;
const SLOW_POLL_MS = 15_000;
/** Those that are not among the newest any more are asked for one by one: so many at a time. */
const MOST_BY_THEMSELVES = 4;

/** `ids` are those that are waited for: one request asks for all, as they are the newest images. */
export function useFollowing(uploads: Uploads, ids: readonly string[]): void {
  const client = useQueryClient();
  const latest = useRef({ left: 0, at: 0 });
  const [turns] = useState(() => newTurns(MOST_BY_THEMSELVES));
  useQuery({
    queryKey: ["uploads", "followed"],
    queryFn: async () => {
      const { images, gone } = await statesOf(client, ids, turns);
      uploads.now(images, gone);
      return null;
    },
    enabled: ids.length > 0,
    retry: false,
    gcTime: 0,
    refetchInterval: () => {
      if (latest.current.left !== ids.length) latest.current = { left: ids.length, at: Date.now() };
      return Date.now() - latest.current.at > PATIENCE_MS ? SLOW_POLL_MS : POLL_MS;
    },
  });
}

async function statesOf(
  client: QueryClient,
  ids: readonly string[],
  turns: Turns,
): Promise<{ images: Image[]; gone: string[] }> {
  const { items } = await newestImages(client);
  const among = new Set(items.map(({ id }) => id));
  const others = turns(ids.filter((id) => !among.has(id)));
  const gone: string[] = [];
  const found = await Promise.all(
    others.map((id) =>
      getImage({ path: { image_id: id } }).then(
        ({ data }) => [data],
        (error: unknown) => {
          if (hasStatus(error, 404)) gone.push(id);
          return [];
        },
      ),
    ),
  );
  return { images: [...items, ...found.flat()], gone };
}
