import { Badge, Button, Group, Switch, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Image } from "~/client";
import { told } from "~/lib/told";
import { type Draft, useDraft } from "../api/draft";
import { useEdit } from "../api/editing";
import { ChangedElsewhere, keepFocus } from "./DraftNotes";
import classes from "./Fields.module.css";
import { describerOf, isMeasured } from "./provenance";
import { Section } from "./Section";

const STATES = {
  missing: { label: "Missing", color: "orange" },
  suggested: { label: "To be reviewed", color: "indigo" },
  approved: { label: "Approved", color: "teal" },
  decorative: { label: "Decorative", color: "gray" },
} as const;

/** The field that other parts of the page lead to. */
export const ALT_FIELD = "image-alt-text";

/** What is said in place of the picture. Nothing that a model says counts before its owner has approved it. */
export function AltText({ image }: { image: Image }) {
  const draft = useDraft(image, "alt");
  const edit = useEdit(image.id);
  // What was written is there again for whoever changes their mind.
  const [former, setFormer] = useState("");
  const isDecorative = image.alt_status === "decorative";
  const state = STATES[image.alt_status];
  const setDecorative = (next: boolean) => {
    setFormer(draft.value);
    draft.undo();
    edit(next ? { alt: "", alt_status: "decorative" } : { alt: former }, {}).catch((error: unknown) =>
      told.failed(error, "The alt text was not saved"),
    );
  };
  return (
    <Section
      title="Alt text"
      aside={
        <Badge variant="light" color={state.color} size="sm" tt="none">
          {state.label}
        </Badge>
      }
    >
      {!isDecorative && (
        <>
          <Textarea
            id={ALT_FIELD}
            aria-label="Alt text"
            description="What somebody should know who cannot see the picture."
            placeholder={image.ai.alt && !isMeasured(image.ai) ? image.ai.alt : "Two sentences at most"}
            maxLength={1000}
            autosize
            minRows={2}
            maxRows={8}
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={draft.value}
            error={draft.error}
            onChange={(event) => draft.write(event.currentTarget.value)}
            onBlur={() => draft.save()}
            onKeyDown={(event) => event.key === "Escape" && draft.undo()}
          />
          <ChangedElsewhere draft={draft} />
          <Suggestion image={image} draft={draft} />
        </>
      )}
      <Switch
        label="Decorative"
        description="It tells nothing: screen readers pass over it"
        checked={isDecorative}
        onChange={(event) => setDecorative(event.currentTarget.checked)}
      />
    </Section>
  );
}

function Suggestion({ image: { ai, alt }, draft }: { image: Image; draft: Draft }) {
  if (ai.alt === null || ai.alt === "") return null;
  if (isMeasured(ai))
    return (
      <Text size="xs" c="dimmed">
        No model has looked at this picture, so nothing is suggested. It was only measured.
      </Text>
    );
  if (ai.alt === alt && !draft.isChanged)
    return (
      <Text size="xs" c="dimmed">
        As {describerOf(ai)} suggested it.
      </Text>
    );
  const suggested = ai.alt;
  return (
    <div className={classes.suggestion}>
      <Text size="sm">{suggested}</Text>
      <Group justify="space-between" mt={6} gap="xs" wrap="nowrap">
        <Text size="xs" c="dimmed">
          Suggested by {describerOf(ai)}
        </Text>
        <Button size="compact-sm" variant="light" onMouseDown={keepFocus} onClick={() => draft.save(suggested)}>
          Apply
        </Button>
      </Group>
    </div>
  );
}
