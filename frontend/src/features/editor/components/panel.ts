import type { Edit, Source } from "../model/edit";

/** What each tool's panel is given. `label` is what undo calls the change. */
export interface PanelProps {
  edit: Edit;
  source: Source;
  change: (label: string, edit: (before: Edit) => Edit) => void;
}
