/**
 * A text of the image as it is being written. It is saved when its field is left, or the image; where that fails, it stays in the field
 * with the reason, or, once the field is gone, in a notice that waits for an answer.
 */
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { Image } from "~/client";
import { useUnloadWarning } from "~/lib/leaving";
import { fieldErrors, messageOf } from "~/lib/problems";
import { tellUnsaved } from "../components/unsaved";
import { Conflict, useEdit } from "./editing";

export type TextField = "title" | "alt" | "description";

interface Written {
  text: string;
  /** What stood there when the writing began. */
  before: string;
}

/** A text on its way to the server. */
interface Sending {
  text: string;
  /** What stands there after it. */
  outcome: Promise<string>;
}

export interface Draft {
  value: string;
  isChanged: boolean;
  /** Why it could not be saved. */
  error: string | undefined;
  /** What stands there now, where that was changed elsewhere. */
  theirs: string | undefined;
  write: (text: string) => void;
  /** Saves what is written, or `text` in its place. */
  save: (text?: string) => void;
  undo: () => void;
  keepMine: () => void;
}

export function useDraft(image: Image, field: TextField): Draft {
  const saved = image[field];
  const edit = useEdit(image.id);
  const [written, setWritten] = useState<Written>();
  const [error, setError] = useState<string>();
  const [theirs, setTheirs] = useState<string>();
  const isHere = useRef(true);
  const sending = useRef<Sending>(undefined);
  useUnloadWarning(written !== undefined && written.text.trim() !== saved);

  const forget = () => {
    setWritten(undefined);
    setError(undefined);
    setTheirs(undefined);
  };
  const send = (text: string, before: string) => {
    setWritten({ text, before });
    const attempt = (now: string) => edit({ [field]: text }, { [field]: now }).then((image) => image[field]);
    // What an earlier one leaves there is no change by somebody else: the next builds on it.
    const outcome = sending.current?.outcome.then(attempt, () => attempt(before)) ?? attempt(before);
    const mine = { text, outcome };
    sending.current = mine;
    outcome.then(
      (now) => {
        const isLast = settle(mine);
        setError(undefined);
        setTheirs(undefined);
        // Whoever goes on writing meanwhile builds on what was just saved.
        setWritten((latest) => (isLast && latest?.text === text ? undefined : latest && { ...latest, before: now }));
      },
      (failure: unknown) => {
        // A later one tells how it ends.
        if (!settle(mine)) return;
        if (!isHere.current) {
          tellLeft(text, before, failure);
          return;
        }
        // Also where the writing was undone meanwhile: an error stands beside the text that it is about.
        setWritten((latest) => latest ?? { text, before });
        if (failure instanceof Conflict) setTheirs(failure.image[field]);
        else setError(fieldErrors(failure)[field] ?? messageOf(failure));
      },
    );
  };
  /** Whether it was the last on its way. */
  const settle = (mine: Sending): boolean => {
    if (sending.current !== mine) return false;
    sending.current = undefined;
    return true;
  };
  const tellLeft = (text: string, before: string, failure: unknown) => {
    const now = failure instanceof Conflict ? failure.image[field] : before;
    tellUnsaved({ name: NAMES[field], text, failure, onSave: () => send(text, now) });
  };
  const save = (text = written?.text) => {
    if (text === undefined) return;
    const mine = text.trim();
    const before = written?.before ?? saved;
    if (theirs === undefined && mine === sending.current?.text) return;
    if (theirs === undefined && sending.current === undefined && mine === before) forget();
    else send(mine, before);
  };

  // Whoever goes on to another image, or back, while something is written has not thrown it away.
  const leave = useEffectEvent(() => {
    if (written === undefined) return;
    const mine = written.text.trim();
    // What is on its way tells by itself how it ends.
    if (mine === sending.current?.text) return;
    if (theirs !== undefined) {
      if (mine !== theirs) tellLeft(mine, theirs, new Conflict({ ...image, [field]: theirs }));
    } else if (mine !== (sending.current?.text ?? written.before)) send(mine, written.before);
  });
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
      leave();
    };
  }, []);

  return {
    value: written?.text ?? saved,
    isChanged: written !== undefined && written.text !== written.before,
    error,
    theirs,
    write: (text) => {
      setError(undefined);
      setWritten({ text, before: written?.before ?? saved });
    },
    save,
    undo: forget,
    keepMine: () => {
      if (written === undefined || theirs === undefined) return;
      setTheirs(undefined);
      send(written.text.trim(), theirs);
    },
  };
}

const NAMES: Readonly<Record<TextField, string>> = { title: "title", alt: "alt text", description: "description" };
