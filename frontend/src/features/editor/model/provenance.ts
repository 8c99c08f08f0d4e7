/** What a file of this edit says of where the picture comes from (docs/transformations.md, "The file"). */
import type { Edit } from "./edit";

const MADE = "trainedAlgorithmicMedia";
const COMPOSITE = "compositeWithTrainedAlgorithmicMedia";

/** A picture that a model has made goes on saying so; one to which something was added or altered says that too. */
export function sourceTypeAfter(term: string | null, edit: Edit): string | null {
  return term === MADE && adds(edit) ? COMPOSITE : term;
}

function adds(edit: Edit): boolean {
  return (
    edit.filters.length > 0 ||
    edit.watermark !== null ||
    edit.border !== null ||
    edit.padding !== null ||
    edit.background !== null ||
    edit.tilt !== 0 ||
    edit.resize?.fit === "pad"
  );
}
