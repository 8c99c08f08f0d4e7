import { Center, Loader, Skeleton, Stack } from "@mantine/core";
import { IconPhotoOff } from "@tabler/icons-react";
import { Suspense, lazy, useState } from "react";
import { useParams } from "react-router";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import { nameOf } from "~/lib/images";
import { hasStatus } from "~/lib/problems";
import { useTitle } from "~/lib/title";
import { useImage } from "./api/image";
import classes from "./components/Frame.module.css";
import { Layer } from "./components/Layer";
import { Panel } from "./components/Panel";
import { Stage } from "./components/Stage";
import { Toolbar } from "./components/Toolbar";
import { useTrash } from "./components/trashing";
import { useImageShortcuts } from "./shortcuts";
import { useTurning } from "./turning";

const Zoom = lazy(() => import("./components/Zoom"));
const SharePanel = lazy(() => import("./sharing/SharePanel").then(({ SharePanel: found }) => ({ default: found })));

type Mode = "look" | "zoom" | "aim" | "share";

/** One image over the library, which stays mounted beneath. */
export function Component() {
  const { imageId = "" } = useParams();
  const { previous, next, leave, editor } = useTurning(imageId);
  const found = useImage(imageId);
  const [isPanelOpen, setPanelOpen] = useState(true);
  const [mode, setMode] = useState<Mode>("look");
  const image = hasStatus(found.error, 404) ? undefined : found.data;
  const trash = useTrash(imageId, next ?? previous ?? leave);
  useTitle(image && nameOf(image));
  const look = () => setMode("look");
  const isKept = image !== undefined && image.trashed_at === null;
  const hasPicture = image !== undefined && image.variants.length > 0;
  const isMissing = image === undefined && found.isError;
  // It stays for the sake of its way out once it has been opened.
  const [wasShared, setShared] = useState(false);
  const share = () => {
    setShared(true);
    setMode("share");
  };
  const zoom = () => setMode("zoom");
  const isBeingTrashed = trash.isPending && trash.variables === imageId;
  const moveToTrash = () => {
    if (!isBeingTrashed) trash.mutate(imageId);
  };
  const togglePanel = () => setPanelOpen((isOpen) => !isOpen);
  useImageShortcuts({
    previous,
    next,
    leave: mode === "aim" ? look : leave,
    zoom: hasPicture ? zoom : undefined,
    share: isKept ? share : undefined,
    edit: isKept && hasPicture ? editor.open : undefined,
    trash: isKept && !isBeingTrashed ? moveToTrash : undefined,
    togglePanel,
    // What lies over the picture has the keyboard, also where the focus was lost in it.
    isCovered: mode === "share" || mode === "zoom",
  });
  return (
    <Layer
      label={image === undefined ? "Image" : nameOf(image)}
      findReturn={() => document.querySelector<HTMLElement>(`[data-tile="${CSS.escape(imageId)}"]`)}
    >
      <div className={classes.frame} data-alone={!isPanelOpen || isMissing || undefined}>
        <Toolbar
          image={image}
          editor={editor.address}
          isPanelOpen={isPanelOpen}
          onClose={leave}
          onShare={share}
          onZoom={zoom}
          onPanel={togglePanel}
          onTrash={moveToTrash}
        />
        {image !== undefined ? (
          <>
            <div className={classes.stage}>
              <Stage
                image={image}
                onPrevious={previous}
                onNext={next}
                onZoom={zoom}
                isAiming={mode === "aim"}
                onAimed={look}
              />
            </div>
            <aside className={classes.panel} aria-label="Details of the image">
              <Panel key={imageId} image={image} onAim={() => setMode("aim")} />
            </aside>
          </>
        ) : isMissing ? (
          <Center className={classes.stage} p="md">
            {hasStatus(found.error, 404) ? (
              <EmptyState icon={<IconPhotoOff size={28} />} title="There is no such image">
                It was deleted, or it is not yours. Go back to the library, or to the next image.
              </EmptyState>
            ) : (
              <LoadFailed error={found.error} what="The image" onRetry={() => void found.refetch()} />
            )}
          </Center>
        ) : (
          <Waiting />
        )}
      </div>
      {image !== undefined && mode === "zoom" && (
        <Suspense fallback={null}>
          <Zoom image={image} onClose={look} />
        </Suspense>
      )}
      {image !== undefined && wasShared && (
        <Suspense fallback={null}>
          <SharePanel image={image} isOpen={mode === "share"} onClose={look} />
        </Suspense>
      )}
    </Layer>
  );
}

function Waiting() {
  return (
    <>
      <Center className={classes.stage} role="status" aria-label="Loading the image">
        <Loader type="dots" aria-hidden />
      </Center>
      <div className={classes.panel} aria-hidden>
        <Stack>
          <Skeleton height={28} width="70%" />
          <Skeleton height={80} />
          <Skeleton height={80} />
          <Skeleton height={36} />
          <Skeleton height={180} />
        </Stack>
      </div>
    </>
  );
}
