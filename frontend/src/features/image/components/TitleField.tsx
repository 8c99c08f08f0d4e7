import { Textarea } from "@mantine/core";
import type { Image } from "~/client";
import { shortened } from "~/lib/format";
import { nameOf } from "~/lib/images";
import { useDraft } from "../api/draft";
import { ChangedElsewhere } from "./DraftNotes";
import classes from "./Fields.module.css";

const LONGEST = 200;

/** The whole title, in as many lines as it needs. Without one, what the image is called instead: the rest of a long prompt stands below. */
export function TitleField({ image }: { image: Image }) {
  const draft = useDraft(image, "title");
  return (
    <>
      <Textarea
        aria-label="Title"
        placeholder={shortened(nameOf({ ...image, title: "" }), LONGEST)}
        maxLength={LONGEST}
        autosize
        minRows={1}
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
