import { useDebouncedValue } from "@mantine/hooks";
import { useMemo, useState } from "react";
import type { Filter, Image, Sign } from "~/client";
import { hasCode } from "~/lib/problems";
import { usePreview } from "../api/preview";
import { useOutcome } from "../api/transforming";
import { type Edit, type Source, withoutLook } from "../model/edit";
import { previewOutput, previewSteps } from "../model/preview";
import { join, outputOf, stepsOf } from "../model/recipe";
import { type Refusals, TOO_SLOW, merged, refusalsOf } from "../model/refusals";

/** A slider that is moved is looked at soon, and measured once it stands still: that makes the whole file. */
const PREVIEW_MS = 200;
const OUTCOME_MS = 700;
const MOST_PIXELS = 1600;
const SHOWN_FORMATS = ["jpeg", "png", "gif", "webp", "avif"] as const;

interface Options {
  image: Image;
  source: Source;
  edit: Edit;
  filters: readonly Filter[];
  isComparing: boolean;
}

/** What the API makes of the edit: the preview, what stands before it, and the file's size. */
export function useRendering({ image, source, edit, filters, isComparing }: Options) {
  const [longest] = useState(stagePixels);
  const [soon] = useDebouncedValue(edit, PREVIEW_MS);
  const [later] = useDebouncedValue(edit, OUTCOME_MS);
  const preview = useMemo(() => {
    const segments = [...previewSteps(soon, source, longest, filters), ...previewOutput(soon)];
    return { segments, recipe: join(segments) };
  }, [soon, source, longest, filters]);
  const file = useMemo(() => {
    const segments = [...stepsOf(later, source), ...outputOf(later.output)];
    return { segments, recipe: join(segments) };
  }, [later, source]);
  const before = useMemo(
    () => join(previewSteps(withoutLook(soon), source, longest, filters)),
    [soon, source, longest, filters],
  );
  const imageId = image.id;
  const shown = usePreview({ imageId, recipe: preview.recipe, format: previewFormat(soon, image) });
  const shownBefore = usePreview({ imageId, recipe: before, format: "webp", isWanted: isComparing });
  const outcome = useOutcome(imageId, file.recipe);
  const refusals: Refusals = merged(
    refusalsOf(outcome.error, file.segments),
    refusalsOf(shown.error, preview.segments),
  );
  const isSlow = hasCode(outcome.error, TOO_SLOW);
  return {
    longest,
    preview: shown.data,
    before: shownBefore.data,
    isUnderWay: soon !== edit || shown.isFetching,
    outcome: outcome.data,
    isOutcomeOld: later !== edit || outcome.isFetching,
    isRefused: outcome.isError && !outcome.isFetching && !isSlow,
    isSlow,
    refusals,
    retry: () => void Promise.all([shown.refetch(), outcome.refetch()]),
  };
}

function previewFormat({ output }: Edit, image: Image): NonNullable<Sign["format"]> {
  const format = output.format === "orig" ? image.format : output.format;
  return SHOWN_FORMATS.find((each) => each === format) ?? "webp";
}

/** The longest side that the stage can show, in its own pixels; a few of them less do not make another picture. */
function stagePixels(): number {
  const side = Math.max(window.innerWidth, window.innerHeight) * Math.min(window.devicePixelRatio || 1, 2);
  return Math.min(MOST_PIXELS, Math.ceil(side / 100) * 100);
}
