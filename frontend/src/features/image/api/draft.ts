/** A text of the image as it is being written: saved when the field is left, and lost by nothing but `undo`. */
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { Image } from "~/client";
import { fieldErrors, messageOf } from "~/lib/problems";
import { told } from "~/lib/told";
import { Conflict, useEdit } from "./editing";

export type TextField = "title" | "alt" | "description";

interface Written {
  text: string;
  /** What stood there when the writing began. */
  before: string;
  isSending?: boolean;
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

  const forget = () => {
    setWritten(undefined);
    setError(undefined);
    setTheirs(undefined);
  };
  const send = (mine: Written) => {
    setWritten({ ...mine, isSending: true });
    edit({ [field]: mine.text }, { [field]: mine.before }).then(
      (now) => {
        setError(undefined);
        setTheirs(undefined);
        // Whoever goes on writing meanwhile builds on what was just saved.
        setWritten((latest) => (latest?.text === mine.text ? undefined : latest && { ...latest, before: now[field] }));
      },
      (failure: unknown) => {
        setWritten((latest) => latest && { ...latest, isSending: false });
        if (!isHere.current) told.failed(failure, `The ${NAMES[field]} was not saved`);
        else if (failure instanceof Conflict) setTheirs(failure.image[field]);
        else setError(fieldErrors(failure)[field] ?? messageOf(failure));
      },
    );
  };
  const save = (text = written?.text) => {
    if (text === undefined) return;
    const mine = { text: text.trim(), before: written?.before ?? saved };
    if (mine.text === mine.before && theirs === undefined) forget();
    else send(mine);
  };

  // Whoever goes on to another image, or back, while something is written has not thrown it away.
  const leave = useEffectEvent(() => {
    if (written === undefined || written.isSending || theirs !== undefined) return;
    if (written.text.trim() === written.before) return;
    edit({ [field]: written.text.trim() }, { [field]: written.before }).catch((failure: unknown) =>
      told.failed(failure, `The ${NAMES[field]} was not saved`),
    );
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
      const mine = { ...written, before: theirs };
      setTheirs(undefined);
      send(mine);
    },
  };
}

const NAMES: Readonly<Record<TextField, string>> = { title: "title", alt: "alt text", description: "description" };
