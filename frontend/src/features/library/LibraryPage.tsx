import { Button, Group, Select, Stack } from "@mantine/core";
import { IconPhotoPlus, IconSearchOff } from "@tabler/icons-react";
import { useCallback, useMemo, useRef } from "react";
import { Outlet, useLocation, useMatch, useSearchParams } from "react-router";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import { PageHeader } from "~/components/PageHeader";
import { PictureWall, type WallHandle } from "~/components/PictureWall";
import { WallSkeleton } from "~/components/WallSkeleton";
import type { Ask } from "~/lib/asking";
import { useBatch } from "~/lib/batch";
import { plural } from "~/lib/format";
import { type NeighboursContext, neighboursIn } from "~/lib/neighbours";
import { fieldErrors } from "~/lib/problems";
import { useReturn } from "~/lib/returning";
import { useSelection } from "~/lib/selection";
import { selectionShortcuts, targetsOf } from "~/lib/selectionShortcuts";
import { useShortcuts } from "~/lib/shortcuts";
import { useUploading } from "~/lib/uploading";
import { askForLibrary, useLibrary } from "./api/library";
import { FilterChips } from "./components/FilterChips";
import { FilterMenu } from "./components/FilterMenu";
import { LibrarySearch } from "./components/LibrarySearch";
import { LibrarySelectionBar, tagsOf } from "./components/LibrarySelectionBar";
import { LibraryTile } from "./components/LibraryTile";
import { EVERYTHING, type Filters, LABELS, SORTS, filtersIn, isNarrowed, paramsOf } from "./filters";
import classes from "./LibraryPage.module.css";
import { useTrash } from "./trashing";

export const ask: Ask = (client, { search }) => askForLibrary(client, filtersIn(search));

/** The user's images. One that is opened lies over them, and they stay as they were. */
export function Component() {
  const { filters, setFilters } = useFilters();
  const list = useLibrary(filters);
  const { images, total, hasNextPage, isFetchNextPageError, fetchNextPage } = list;
  const ids = useMemo(() => images.map(({ id }) => id), [images]);
  const selection = useSelection(ids);
  const batch = useBatch(selection);
  const wall = useRef<WallHandle>(null);
  const trash = useTrash({ selection, batch, ids, wall });
  const openId = useMatch("/library/:imageId/*")?.params.imageId;
  const isCovered = openId !== undefined;
  const loadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  useReturn({ openId, ids, wall, hasMore: hasNextPage, loadMore });
  useShortcuts(
    useMemo(
      () =>
        // An image that lies over the list has shortcuts of its own.
        isCovered
          ? []
          : [
              ...selectionShortcuts(selection),
              { keys: "Delete", does: "Move to the trash", run: () => trash(targetsOf(selection)) },
            ],
      [isCovered, selection, trash],
    ),
  );
  const neighbours = useMemo<NeighboursContext>(() => ({ neighboursOf: (id) => neighboursIn(ids, id) }), [ids]);
  const tags = useMemo(() => tagsOf(images), [images]);
  const searchError = fieldErrors(list.error)["search"];

  return (
    <>
      <div inert={isCovered}>
        <PageHeader title="Library" note={total === undefined ? "\u00a0" : plural(total, "image")}>
          {ids.length > 0 && (
            <Button variant="default" onClick={selection.isChoosing ? selection.clear : selection.begin}>
              {selection.isChoosing ? "Done" : "Select"}
            </Button>
          )}
        </PageHeader>
        <Stack gap="sm" mb="md">
          <Group gap="sm" align="flex-start">
            <LibrarySearch value={filters.search} error={searchError} onChange={(search) => setFilters({ search })} />
            <Group gap="sm" wrap="nowrap">
              <FilterMenu filters={filters} tags={tags} onChange={setFilters} />
              <Select
                aria-label="Order"
                w={150}
                allowDeselect={false}
                data={SORTS.map((value) => ({ value, label: LABELS[value] ?? value }))}
                value={filters.sort}
                onChange={(chosen) => setFilters({ sort: SORTS.find((each) => each === chosen) ?? EVERYTHING.sort })}
              />
            </Group>
          </Group>
          <FilterChips filters={filters} onChange={setFilters} />
        </Stack>
        {selection.ids.size > 0 && !isCovered && (
          <LibrarySelectionBar
            selection={selection}
            batch={batch}
            images={images}
            onTrash={() => trash([...selection.ids])}
          />
        )}
        {list.isPending ? (
          <WallSkeleton />
        ) : list.isError && images.length === 0 ? (
          searchError === undefined && (
            <LoadFailed error={list.error} what="Your library" onRetry={() => void list.refetch()} />
          )
        ) : images.length === 0 ? (
          <Nothing filters={filters} onClear={() => setFilters(EVERYTHING)} />
        ) : (
          <div
            className={classes.wall}
            data-old={list.isPlaceholderData || undefined}
            data-room={selection.ids.size > 0 || undefined}
          >
            <PictureWall
              items={images}
              label="Images"
              handle={wall}
              hasMore={hasNextPage && !isFetchNextPageError}
              isLoadingMore={list.isFetchingNextPage}
              onMore={loadMore}
            >
              {(image, tile) => (
                <LibraryTile
                  image={image}
                  {...tile}
                  isChosen={selection.ids.has(image.id)}
                  isChoosing={selection.isChoosing}
                  onToggle={selection.toggle}
                  search={`?${paramsOf(filters).toString()}`}
                />
              )}
            </PictureWall>
            {isFetchNextPageError && <LoadFailed error={list.error} what="More images" onRetry={loadMore} />}
          </div>
        )}
      </div>
      <Outlet context={neighbours} />
    </>
  );
}

function Nothing({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  const { pick } = useUploading();
  return isNarrowed(filters) ? (
    <EmptyState
      icon={<IconSearchOff size={28} />}
      title="Nothing matches"
      action={
        <Button variant="default" onClick={onClear}>
          Show everything
        </Button>
      }
    >
      No image of yours has all that is asked for.
    </EmptyState>
  ) : (
    <EmptyState
      icon={<IconPhotoPlus size={28} />}
      title="No images yet"
      action={<Button onClick={pick}>Upload images</Button>}
    >
      Drop pictures anywhere in this window, paste one, or choose files. Each is described, so that you can find it
      again by what it shows.
    </EmptyState>
  );
}

/** The filters are the address. Steps of typing are one entry of the history. */
function useFilters(): { filters: Filters; setFilters: (change: Partial<Filters>) => void } {
  const [params, setParams] = useSearchParams();
  const { pathname } = useLocation();
  const key = params.toString();
  const filters = useMemo(() => filtersIn(new URLSearchParams(key)), [key]);
  const setFilters = (change: Partial<Filters>) => {
    const next = { ...filters, ...change };
    if (paramsOf(next).toString() === paramsOf(filters).toString() || pathname !== "/library") return;
    const isTyping = change.search !== undefined && change.search !== "" && filters.search !== "";
    setParams(paramsOf(next), { replace: isTyping && Object.keys(change).length === 1 });
    window.scrollTo({ top: 0, behavior: "instant" });
  };
  return { filters, setFilters };
}
