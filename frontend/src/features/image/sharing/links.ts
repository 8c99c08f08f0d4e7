/** The share links of an image: listed, made and revoked; and when one has ended. */
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Link, type LinkRequest, listLinks, makeLink, revokeLink } from "~/client";
import { listLinksQueryKey } from "~/client/@tanstack/react-query.gen";
import { newIdempotencyKey } from "~/lib/idempotency";
import { pagesOf } from "~/lib/pages";
import { told } from "~/lib/told";

const PAGE = 20;

export function useLinks(imageId: string) {
  return useInfiniteQuery(
    pagesOf(keyOf(imageId), (cursor, signal) =>
      listLinks({
        path: { image_id: imageId },
        query: { limit: PAGE, ...(cursor !== undefined && { cursor }) },
        signal,
      }),
    ),
  );
}

/** Rejects where the link is refused: the form says why. */
export function useMakeLink(imageId: string): (wanted: LinkRequest) => Promise<Link> {
  const client = useQueryClient();
  return async (wanted) => {
    const { data } = await makeLink({
      path: { image_id: imageId },
      body: wanted,
      headers: { "Idempotency-Key": newIdempotencyKey() },
    });
    await client.invalidateQueries({ queryKey: keyOf(imageId) });
    return data;
  };
}

export function useRevokeLink(imageId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => revokeLink({ path: { link_id: id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keyOf(imageId) }),
    onError: (error) => told.failed(error, "The link was not revoked"),
  });
}

export type LinkState = "open" | "expired" | "used up";

export function stateOf({ expires_at, max_views, views }: Link, now = Date.now()): LinkState {
  if (new Date(expires_at).getTime() <= now) return "expired";
  return max_views !== null && views >= max_views ? "used up" : "open";
}

function keyOf(imageId: string) {
  return listLinksQueryKey({ path: { image_id: imageId } });
}
