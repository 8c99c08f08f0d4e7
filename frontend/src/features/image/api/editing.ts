/**
 * Changes of what is said of an image. None undoes what somebody else, or another window, has changed meanwhile: each names what stood
 * there before, and is made to the version that still says so.
 */
import { type QueryClient, useIsMutating, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Edit, type Image, editImage } from "~/client";
import { imageChanged } from "~/lib/images";
import { hasStatus } from "~/lib/problems";
import { imageOptions, rememberVersion, reread, versionOf } from "./image";

type Fields = Pick<Image, "title" | "alt" | "description" | "tags" | "focal_point">;
export type Before = Partial<Fields>;

/** The same was changed elsewhere; `image` is how it is now. */
export class Conflict extends Error {
  readonly image: Image;

  constructor(image: Image) {
    super("This was changed elsewhere meanwhile. What is shown now is the newer version.");
    this.name = "Conflict";
    this.image = image;
  }
}

const TRIES = 4;

/** Makes the changes one after the other; rejects with a `Conflict` where `before` is not what stands there. */
export function useEdit(id: string): (changes: Edit, before: Before) => Promise<Image> {
  const client = useQueryClient();
  const { mutateAsync } = useMutation({
    mutationKey: ["editImage", id],
    scope: { id: `editImage ${id}` },
    mutationFn: ({ changes, before }: { changes: Edit; before: Before }) => edit(client, id, changes, before),
  });
  return (changes, before) => mutateAsync({ changes, before });
}

export function useIsSaving(id: string): boolean {
  return useIsMutating({ mutationKey: ["editImage", id] }) > 0;
}

async function edit(client: QueryClient, id: string, changes: Edit, before: Before): Promise<Image> {
  let now = client.getQueryData(imageOptions(id).queryKey) ?? (await reread(client, id));
  for (let triesLeft = TRIES; ; triesLeft -= 1) {
    if (differs(before, now)) {
      // Two who say the same do not contradict each other.
      if (!differs(changes, now)) return now;
      throw new Conflict(now);
    }
    try {
      return await send(client, id, changes);
    } catch (error) {
      if (!hasStatus(error, 412) || triesLeft <= 1) throw error;
      // Something of it has changed; that is a conflict only where it is the same that is changed here.
      now = await reread(client, id);
    }
  }
}

async function send(client: QueryClient, id: string, changes: Edit): Promise<Image> {
  const version = versionOf(id);
  const { data, response } = await editImage({
    path: { image_id: id },
    body: changes,
    ...(version !== undefined && { headers: { "If-Match": version } }),
  });
  rememberVersion(id, response);
  imageChanged(client, data);
  return data;
}

function differs(before: Before | Edit, now: Image): boolean {
  const current = new Map<string, unknown>(Object.entries(now));
  return Object.entries(before).some(([field, value]) => JSON.stringify(current.get(field)) !== JSON.stringify(value));
}

/** What was added and taken away here, done to the tags as they are now. */
export function mergedTags(before: readonly string[], mine: readonly string[], theirs: readonly string[]): string[] {
  const kept = theirs.filter((tag) => mine.includes(tag) || !before.includes(tag));
  return [...kept, ...mine.filter((tag) => !before.includes(tag) && !kept.includes(tag))];
}
