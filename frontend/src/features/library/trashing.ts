import { useQueryClient } from "@tanstack/react-query";
import { type RefObject, useCallback } from "react";
import type { WallHandle } from "~/components/PictureWall";
import { tellWithAction } from "~/components/actionToast";
import { type BatchState, reasonsOf, runBatch } from "~/lib/batch";
import { plural } from "~/lib/format";
import { imagesChanged } from "~/lib/images";
import type { Selection } from "~/lib/selection";
import { focusedTile } from "~/lib/selectionShortcuts";
import { told } from "~/lib/told";

interface Of {
  selection: Selection;
  batch: BatchState;
  ids: readonly string[];
  wall: RefObject<WallHandle | null>;
}

/** Moves images to the trash. The focus goes on to the picture after them, if one of them had it. */
export function useTrash({
  selection: { clear },
  batch: { run, running },
  ids,
  wall,
}: Of): (gone: readonly string[]) => void {
  const client = useQueryClient();
  return useCallback(
    (gone) => {
      const restore = async (trashed: readonly string[]) => {
        const { succeeded, failed } = await runBatch({ action: "restore" }, trashed);
        await imagesChanged(client);
        if (failed.length > 0) told.failed(new Error(reasonsOf(failed).join(" ")), "Not all could be restored");
        else told.done(`${plural(succeeded.length, "image")} restored.`);
      };
      const trash = async () => {
        const focused = focusedTile();
        const { succeeded, failed } = await run({ action: "trash" }, gone);
        if (succeeded.length > 0)
          tellWithAction(`${plural(succeeded.length, "image")} moved to the trash.`, {
            label: "Undo",
            run: () => void restore(succeeded),
          });
        if (failed.length === 0) clear();
        const after = focused && succeeded.includes(focused) ? nextOf(ids, focused, new Set(succeeded)) : undefined;
        if (after !== undefined) requestAnimationFrame(() => wall.current?.focus(after));
      };
      if (gone.length > 0 && running === undefined) void trash();
    },
    [client, clear, run, running, ids, wall],
  );
}

/** The first after `id`, else the last before it, that is not gone. */
function nextOf(ids: readonly string[], id: string, gone: ReadonlySet<string>): string | undefined {
  const at = ids.indexOf(id);
  const isLeft = (each: string) => !gone.has(each);
  return ids.slice(at + 1).find(isLeft) ?? ids.slice(0, at).findLast(isLeft);
}
