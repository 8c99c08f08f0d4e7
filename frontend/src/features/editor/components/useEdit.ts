import { useCallback, useReducer } from "react";
import type { Edit } from "../model/edit";
import { begun, changed } from "../model/history";

export interface Editing {
  edit: Edit;
  change: (label: string, edit: (before: Edit) => Edit) => void;
  undo: () => void;
  redo: () => void;
  /** What undo would take back, and redo bring again; undefined where there is nothing. */
  undoes: string | undefined;
  redoes: string | undefined;
}

export function useEdit(start: Edit): Editing {
  const [{ past, present, future }, dispatch] = useReducer(changed, start, begun);
  return {
    edit: present.edit,
    change: useCallback((label, edit) => dispatch({ kind: "change", edit, label, at: Date.now() }), []),
    undo: useCallback(() => dispatch({ kind: "undo" }), []),
    redo: useCallback(() => dispatch({ kind: "redo" }), []),
    undoes: past.length > 0 ? present.label : undefined,
    redoes: future[0]?.label,
  };
}
