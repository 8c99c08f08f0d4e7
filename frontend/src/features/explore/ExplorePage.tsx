import { Button, Group, Select } from "@mantine/core";
import { IconSearchOff, IconWorld } from "@tabler/icons-react";
import { useCallback, useMemo, useRef } from "react";
import { Link, Outlet, useLocation, useParams, useSearchParams } from "react-router";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import { PageHeader } from "~/components/PageHeader";
import { PictureWall, type WallHandle } from "~/components/PictureWall";
import { SearchField } from "~/components/SearchField";
import { WallSkeleton } from "~/components/WallSkeleton";
import type { Ask } from "~/lib/asking";
import { type NeighboursContext, neighboursIn } from "~/lib/neighbours";
import { fieldErrors } from "~/lib/problems";
import { useReturn } from "~/lib/returning";
import { useSessionState } from "~/lib/user";
import { askForGallery, useGallery } from "./api/gallery";
import { GalleryTile, isFromWall } from "./components/GalleryTile";
import { type GalleryQuery, galleryQueryIn, parametersOf } from "./galleryQuery";

const SORTS = [
  { value: "-uploaded_at", label: "Newest first" },
  { value: "uploaded_at", label: "Oldest first" },
];

export const ask: Ask = (client, { params, search }) => {
  if (params["imageId"] === undefined) askForGallery(client, galleryQueryIn(search));
};

/** Everybody's public pictures, also for those who are not signed in. One that is opened from here lies over them; by its own address it is a page. */
export function Component() {
  const { imageId } = useParams();
  const location = useLocation();
  const isAlone = imageId !== undefined && !isFromWall(location.state);
  return isAlone ? <Outlet /> : <Gallery openId={imageId} />;
}

function Gallery({ openId }: { openId: string | undefined }) {
  const [parameters, setParameters] = useSearchParams();
  const query = galleryQueryIn(parameters);
  const change = (changed: Partial<GalleryQuery>) =>
    setParameters(parametersOf({ ...query, ...changed }), { replace: true, preventScrollReset: true });
  const list = useGallery(query);
  const { images, hasNextPage, isFetchNextPageError, fetchNextPage } = list;
  const ids = useMemo(() => images.map(({ id }) => id), [images]);
  const wall = useRef<WallHandle>(null);
  const loadMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  useReturn({ openId, ids, wall, hasMore: hasNextPage, loadMore });
  const neighbours = useMemo<NeighboursContext>(() => ({ neighboursOf: (id) => neighboursIn(ids, id) }), [ids]);
  const searchError = fieldErrors(list.error)["search"];

  return (
    <>
      <PageHeader title="Explore" note="Pictures that people here have made public." />
      <Group gap="sm" mb="md" align="flex-start" justify="space-between">
        <SearchField
          aria-label="Search the gallery"
          placeholder="Search the gallery"
          value={query.search}
          error={searchError}
          onChange={(search) => change({ search })}
          flex="1 1 220px"
          maw={520}
        />
        <Select
          aria-label="Order"
          w={150}
          allowDeselect={false}
          data={SORTS}
          value={query.sort}
          onChange={(sort) => change({ sort: sort === "uploaded_at" ? sort : "-uploaded_at" })}
        />
      </Group>
      {list.isPending ? (
        <WallSkeleton />
      ) : list.isError && images.length === 0 ? (
        searchError === undefined && (
          <LoadFailed error={list.error} what="The gallery" onRetry={() => void list.refetch()} />
        )
      ) : images.length === 0 ? (
        <Nothing search={query.search} onClear={() => change({ search: "" })} />
      ) : (
        <div style={{ opacity: list.isPlaceholderData ? 0.5 : 1 }}>
          <PictureWall
            items={images}
            label="Public pictures"
            handle={wall}
            hasMore={hasNextPage && !isFetchNextPageError}
            isLoadingMore={list.isFetchingNextPage}
            onMore={loadMore}
          >
            {(image, tile) => <GalleryTile image={image} tile={tile} search={parameters.toString()} />}
          </PictureWall>
        </div>
      )}
      {isFetchNextPageError && <LoadFailed error={list.error} what="More pictures" onRetry={loadMore} />}
      <Outlet context={neighbours} />
    </>
  );
}

function Nothing({ search, onClear }: { search: string; onClear: () => void }) {
  const isSignedIn = useSessionState() === "signed-in";
  if (search)
    return (
      <EmptyState
        icon={<IconSearchOff size={28} />}
        title="Nothing found"
        action={
          <Button variant="default" onClick={onClear}>
            Show all pictures
          </Button>
        }
      >
        No public picture has these words in its title, its description, its alt text or its tags.
      </EmptyState>
    );
  return (
    <EmptyState
      icon={<IconWorld size={28} />}
      title="Nothing is public yet"
      action={
        <Button component={Link} to={isSignedIn ? "/library" : "/sign-in?to=/library"}>
          {isSignedIn ? "Open your library" : "Sign in"}
        </Button>
      }
    >
      An image of your library appears here when you make it public.
    </EmptyState>
  );
}
