import { Alert, Button, Group, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, Suspense, lazy } from "react";
import type { Image } from "~/client";
import { CropPanel, type Ratio } from "./CropPanel";
import classes from "./EditorLayer.module.css";
import { PresetBar } from "./PresetBar";
import { type Part, Tools } from "./Tools";
import type { PanelProps } from "./panel";
import type { useRendering } from "./useRendering";

// Each is loaded when it is opened: the picture does not wait for them.
const EdgesPanel = lazy(() => import("./EdgesPanel").then((found) => ({ default: found.EdgesPanel })));
const FilePanel = lazy(() => import("./FilePanel").then((found) => ({ default: found.FilePanel })));
const FilterPanel = lazy(() => import("./FilterPanel").then((found) => ({ default: found.FilterPanel })));
const SizePanel = lazy(() => import("./SizePanel").then((found) => ({ default: found.SizePanel })));
const TurnPanel = lazy(() => import("./TurnPanel").then((found) => ({ default: found.TurnPanel })));
const UsePanel = lazy(() => import("./UsePanel").then((found) => ({ default: found.UsePanel })));
const WatermarkPanel = lazy(() => import("./WatermarkPanel").then((found) => ({ default: found.WatermarkPanel })));

interface Props extends PanelProps {
  image: Image;
  rendering: ReturnType<typeof useRendering>;
  open: Part | null;
  onOpen: (part: Part | null) => void;
  ratio: Ratio;
  onRatio: (ratio: Ratio) => void;
}

/** Everything that can be done to the picture, and what is in the way of it. */
export function ToolPanel({ image, rendering, open, onOpen, ratio, onRatio, ...panel }: Props) {
  const isNarrow = useMediaQuery("(max-width: 48em)");
  const { byTool, other } = rendering.refusals;
  const show: Record<Part, () => ReactNode> = {
    crop: () => <CropPanel {...panel} ratio={ratio} onRatio={onRatio} />,
    turn: () => <TurnPanel {...panel} />,
    size: () => <SizePanel {...panel} />,
    filters: () => <FilterPanel {...panel} />,
    edges: () => <EdgesPanel {...panel} />,
    watermark: () => <WatermarkPanel {...panel} />,
    file: () => <FilePanel {...panel} />,
    use: () => <UsePanel image={image} source={panel.source} edit={panel.edit} outcome={rendering.outcome} />,
  };
  return (
    <aside className={classes.panel} aria-label="Tools">
      {other !== undefined && <Trouble text={other} onRetry={rendering.retry} />}
      {!isNarrow && <PresetBar change={panel.change} />}
      <Tools open={open} onOpen={onOpen} refusals={byTool} isNarrow={isNarrow}>
        {(part) => (
          <>
            {isNarrow && part === "size" && <PresetBar change={panel.change} />}
            <Suspense fallback={<Skeleton height={96} />}>{show[part]()}</Suspense>
          </>
        )}
      </Tools>
    </aside>
  );
}

function Trouble({ text, onRetry }: { text: string; onRetry: () => void }) {
  return (
    <Alert color="red" variant="light" m="md" mb={0} role="alert">
      {text}
      <Group mt="xs">
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      </Group>
    </Alert>
  );
}
