import { Button } from "@mantine/core";
import { modals } from "@mantine/modals";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { IconRestore, IconTrash, IconTrashX } from "@tabler/icons-react";
import { useCallback, useMemo } from "react";
import { Link } from "react-router";
import { listImages } from "~/client";
import { BatchAction } from "~/components/BatchAction";
import { BatchProblem } from "~/components/BatchProblem";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import { PageHeader } from "~/components/PageHeader";
import { PictureWall } from "~/components/PictureWall";
import { SelectionBar } from "~/components/SelectionBar";
import { WallSkeleton } from "~/components/WallSkeleton";
import { useBatch } from "~/lib/batch";
import { useCapabilities } from "~/lib/capabilities";
import { plural } from "~/lib/format";
import { IMAGE_LISTS, NEWEST } from "~/lib/images";
import { itemsOf, pagesOf } from "~/lib/pages";
import { useSelection } from "~/lib/selection";
import { selectionShortcuts, targetsOf } from "~/lib/selectionShortcuts";
import { useShortcuts } from "~/lib/shortcuts";
import { told } from "~/lib/told";
import { TrashTile } from "./components/TrashTile";
import { allTrashed } from "./emptying";
import { daysIn } from "./stay";

/** What was put away: taken out again, or removed for good. */
export function Component() {
  const { limits } = useCapabilities();
  const list = useInfiniteQuery({ ...TRASH, placeholderData: keepPreviousData });
  const images = useMemo(() => itemsOf(list.data), [list.data]);
  const ids = useMemo(() => images.map(({ id }) => id), [images]);
  const selection = useSelection(ids);
  const batch = useBatch(selection);
  const total = list.data?.pages[0]?.total;
  const { fetchNextPage, isFetchNextPageError } = list;
  const loadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);

  const { run } = batch;
  const restore = async (chosen: readonly string[]) => {
    const { succeeded } = await run({ action: "restore" }, chosen);
    if (succeeded.length > 0) told.done(`${plural(succeeded.length, "image")} restored to your library.`);
  };
  const remove = useCallback(
    async (chosen: readonly string[]) => {
      const { succeeded } = await run({ action: "delete" }, chosen);
      if (succeeded.length > 0) told.done(`${plural(succeeded.length, "image")} deleted for good.`);
    },
    [run],
  );
  const askToRemove = useCallback(
    (chosen: readonly string[]) => askToDelete(plural(chosen.length, "image"), () => void remove(chosen)),
    [remove],
  );
  const askToEmpty = () =>
    askToDelete(total === undefined ? "everything in the trash" : `all ${plural(total, "image")}`, () => {
      allTrashed().then(remove, (error: unknown) => told.failed(error, "The trash could not be emptied"));
    });
  useShortcuts(
    useMemo(
      () => [
        ...selectionShortcuts(selection),
        {
          keys: "Delete",
          does: "Delete for good",
          run: () => {
            const chosen = targetsOf(selection);
            if (chosen.length > 0) askToRemove(chosen);
          },
        },
      ],
      [selection, askToRemove],
    ),
  );

  return (
    <>
      <PageHeader
        title="Trash"
        note={`Images are removed for good after ${plural(daysIn(limits.trash_seconds), "day")}. Nobody but you sees them here.`}
      >
        {ids.length > 0 && (
          <Button
            variant="default"
            leftSection={<IconTrashX size={16} aria-hidden />}
            loading={batch.running === "delete"}
            onClick={askToEmpty}
          >
            Empty the trash
          </Button>
        )}
      </PageHeader>
      {(selection.ids.size > 0 || (batch.problem && ids.length > 0)) && (
        <SelectionBar
          count={selection.ids.size}
          onClear={selection.clear}
          problem={batch.problem && <BatchProblem {...batch.problem} onClose={batch.dismiss} />}
        >
          <BatchAction
            Icon={IconRestore}
            label="Restore"
            loading={batch.running === "restore"}
            onClick={() => void restore([...selection.ids])}
          />
          <BatchAction
            Icon={IconTrashX}
            label="Delete for good"
            color="red"
            loading={batch.running === "delete"}
            onClick={() => askToRemove([...selection.ids])}
          />
        </SelectionBar>
      )}
      {list.isPending ? (
        <WallSkeleton />
      ) : list.isError && ids.length === 0 ? (
        <LoadFailed error={list.error} what="The trash" onRetry={() => void list.refetch()} />
      ) : ids.length === 0 ? (
        <EmptyState
          icon={<IconTrash size={28} />}
          title="The trash is empty"
          action={
            <Button component={Link} to="/library" variant="default">
              Go to the library
            </Button>
          }
        >
          What you move to the trash waits here, in case you want it back.
        </EmptyState>
      ) : (
        <div style={{ paddingBottom: "var(--selection-bar-height, 0)" }}>
          <PictureWall
            items={images}
            label="Images in the trash"
            hasMore={list.hasNextPage && !isFetchNextPageError}
            isLoadingMore={list.isFetchingNextPage}
            onMore={loadMore}
          >
            {(image, tile) => (
              <TrashTile
                image={image}
                {...tile}
                stays={limits.trash_seconds}
                isChosen={selection.ids.has(image.id)}
                isChoosing={selection.isChoosing}
                onToggle={selection.toggle}
              />
            )}
          </PictureWall>
          {isFetchNextPageError && <LoadFailed error={list.error} what="More images" onRetry={loadMore} />}
        </div>
      )}
    </>
  );
}

const TRASH = pagesOf([IMAGE_LISTS, "trash"], (cursor, signal) =>
  listImages({
    query: { trashed: true, limit: NEWEST, ...(cursor === undefined ? { include: "total" } : { cursor }) },
    signal,
  }),
);

function askToDelete(what: string, onConfirm: () => void): void {
  modals.openConfirmModal({
    title: `Delete ${what} for good?`,
    children: "This cannot be undone. Their addresses stop working at once.",
    labels: { confirm: "Delete for good", cancel: "Keep" },
    confirmProps: { color: "red" },
    onConfirm,
  });
}
