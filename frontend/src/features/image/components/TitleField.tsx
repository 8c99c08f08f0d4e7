import { Textarea } from "@mantine/core";
import type { Image } from "~/client";
import { nameOf } from "~/lib/images";
import { useDraft } from "../api/draft";
import { ChangedElsewhere } from "./DraftNotes";
import classes from "./Fields.module.css";

export function TitleField({ image }: { image: Image }) {
  const draft = useDraft(image, "title");
  return (
    <>
      <Textarea
        aria-label="Title"
        placeholder={nameOf({ ...image, title: "" })}
        maxLength={200}
        autosize
        minRows={1}
        maxRows={4}
        classNames={{ input: classes.title }}
        value={draft.value}
        error={draft.error}
        onChange={(event) => draft.write(event.currentTarget.value.replaceAll("\n", " "))}
        onBlur={() => draft.save()}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Enter") {
            event.preventDefault();
            draft.save();
          }
          if (event.key === "Escape") draft.undo();
        }}
      />
      <ChangedElsewhere draft={draft} />
    </>
  );
}
