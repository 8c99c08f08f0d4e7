import { Button, FocusTrap, Title } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { Suspense, lazy, useMemo, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import type { Image } from "~/client";
import { useCapabilities } from "~/lib/capabilities";
import { altOf, nameOf, variantFor } from "~/lib/images";
import { useShortcuts } from "~/lib/shortcuts";
import { beginning } from "../model/beginning";
import { type Source, hasLook, isSame } from "../model/edit";
import { finalSides } from "../model/geometry";
import { recipeOf } from "../model/recipe";
import { type Ratio, withCrop } from "./CropPanel";
import classes from "./EditorLayer.module.css";
import { HistoryButtons } from "./HistoryButtons";
import { SaveButton } from "./SaveButton";
import { SizeLine } from "./SizeLine";
import { Stage } from "./Stage";
import { ToolPanel } from "./ToolPanel";
import type { Part } from "./Tools";
import { type Editing, useEdit } from "./useEdit";
import { useLeaving } from "./useLeaving";
import { useRendering } from "./useRendering";

const DiscardQuestion = lazy(() => import("./DiscardQuestion").then((found) => ({ default: found.DiscardQuestion })));

/** The editor over the library, which stays where it is below. */
export function EditorLayer({ image }: { image: Image }) {
  const { limits, filters } = useCapabilities();
  const { id, width, height, bytes } = image;
  const mostSide = limits.transform_side;
  const source = useMemo<Source>(() => ({ id, width, height, bytes, mostSide }), [id, width, height, bytes, mostSide]);
  const start = useMemo(() => beginning(source), [source]);
  const editing = useEdit(start);
  const { edit, change } = editing;
  const [part, setPart] = useState<Part | null>("size");
  const [ratio, setRatio] = useState<Ratio>();
  const [isComparing, setComparing] = useState(false);
  const rendering = useRendering({ image, source, edit, filters, isComparing });
  const hasChanges = !isSame(edit, start);
  const { blocker, letGo } = useLeaving(hasChanges);
  const back = `/library/${id}${useLocation().search}`;
  useEditorShortcuts(editing, back);
  const original = variantFor(image, rendering.longest)?.url ?? image.image_url ?? "";

  return (
    <FocusTrap active>
      <div role="dialog" aria-modal aria-labelledby="editor-title" data-takes-shortcuts className={classes.layer}>
        <header className={classes.header}>
          <Button component={Link} to={back} variant="subtle" color="gray" px="xs" aria-label="Back to the image">
            <IconArrowLeft size={20} aria-hidden />
          </Button>
          <Title order={1} size="h5" id="editor-title" className={classes.title} tabIndex={-1} data-autofocus>
            Edit {nameOf(image)}
          </Title>
          <HistoryButtons {...editing} canReset={hasChanges} onReset={() => change("Start again", () => start)} />
          <SaveButton
            imageId={id}
            recipe={recipeOf(edit, source)}
            isOff={!hasChanges || rendering.isRefused}
            isSlow={rendering.isSlow}
            onSaved={letGo}
          />
        </header>
        <div className={classes.body}>
          <Stage
            original={original}
            source={source}
            preview={rendering.preview}
            before={hasLook(edit) ? rendering.before : original}
            sides={finalSides(edit, source)}
            isUnderWay={rendering.isUnderWay}
            alt={altOf(image)}
            cropping={
              part === "crop"
                ? { crop: edit.crop, ratio, onChange: (crop) => change("Crop", (before) => withCrop(before, crop)) }
                : undefined
            }
            isComparing={isComparing}
            onCompare={setComparing}
          >
            <SizeLine
              before={bytes}
              outcome={rendering.outcome}
              isOld={rendering.isOutcomeOld}
              isRefused={rendering.isRefused}
            />
          </Stage>
          <ToolPanel
            image={image}
            edit={edit}
            source={source}
            change={change}
            rendering={rendering}
            open={part}
            onOpen={setPart}
            ratio={ratio}
            onRatio={setRatio}
          />
        </div>
        {blocker.state === "blocked" && (
          <Suspense fallback={null}>
            <DiscardQuestion blocker={blocker} />
          </Suspense>
        )}
      </div>
    </FocusTrap>
  );
}

function useEditorShortcuts({ undo, redo }: Editing, back: string): void {
  const navigate = useNavigate();
  useShortcuts(
    useMemo(
      () => [
        // In fields too: what is written there is part of the edit.
        { keys: "mod+z", does: "Undo", run: undo, inFields: true },
        { keys: "mod+Z", does: "Redo", run: redo, inFields: true },
        { keys: "mod+y", does: "Redo", run: redo, inFields: true },
        { keys: "Escape", does: "Back to the image", run: () => void navigate(back), inFields: true },
      ],
      [undo, redo, back, navigate],
    ),
  );
}
