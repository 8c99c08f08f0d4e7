import { Button, Center, Loader } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconLayersDifference } from "@tabler/icons-react";
import { type ReactNode, Suspense, lazy } from "react";
import { fitted } from "~/lib/fitting";
import type { Crop } from "../model/edit";
import type { Sides } from "../model/geometry";
import type { Ratio } from "./CropPanel";
import classes from "./EditorLayer.module.css";

const CropStage = lazy(() => import("./CropStage"));
const CompareStage = lazy(() => import("./CompareStage"));

interface Props {
  /** The upright original, at a size that suits the screen, and its sides. */
  original: string;
  source: Sides;
  /** What the edit makes of it, undefined until it was made once; and before, without what alters its look. */
  preview: string | undefined;
  before: string | undefined;
  sides: Sides;
  isUnderWay: boolean;
  alt: string;
  cropping: { crop: Crop | null; ratio: Ratio; onChange: (crop: Crop) => void } | undefined;
  isComparing: boolean;
  onCompare: (isComparing: boolean) => void;
  children?: ReactNode;
}

/** Where the picture stands: the preview, or the original to be cropped, or both with a line between. */
export function Stage(props: Props) {
  const { isUnderWay, cropping, isComparing, onCompare, preview, children } = props;
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  return (
    <section className={classes.stage} aria-label="Preview">
      <div className={classes.progress} data-under-way={isUnderWay || undefined} aria-hidden />
      <div ref={ref} className={classes.canvas} aria-busy={isUnderWay}>
        {width > 0 && height > 0 && (
          <Suspense fallback={<Waiting />}>
            <Shown {...props} room={{ width, height }} />
          </Suspense>
        )}
      </div>
      <div className={classes.underStage}>
        {children}
        <Button
          size="xs"
          variant={isComparing ? "light" : "default"}
          aria-pressed={isComparing}
          disabled={cropping !== undefined || preview === undefined}
          leftSection={<IconLayersDifference size={16} aria-hidden />}
          onClick={() => onCompare(!isComparing)}
        >
          Compare
        </Button>
      </div>
    </section>
  );
}

function Shown({
  room,
  original,
  source,
  preview,
  before,
  sides,
  alt,
  cropping,
  isComparing,
}: Props & { room: Sides }) {
  if (cropping !== undefined) return <CropStage url={original} box={fitted(source, room)} {...cropping} />;
  if (preview === undefined) return <Waiting />;
  const box = fitted(sides, room);
  if (isComparing && before !== undefined) return <CompareStage before={before} after={preview} box={box} />;
  return <img className={classes.preview} src={preview} alt={alt} width={box.width} height={box.height} />;
}

function Waiting() {
  return (
    <Center h="100%">
      <Loader size="sm" type="dots" role="img" aria-label="Loading the preview" />
    </Center>
  );
}
