import { Button, Group, Text, Textarea } from "@mantine/core";
import type { Image } from "~/client";
import { useDraft } from "../api/draft";
import { ChangedElsewhere, keepFocus } from "./DraftNotes";
import classes from "./Fields.module.css";
import { describerOf, isMeasured } from "./provenance";
import { Section } from "./Section";

/** The owner's own words, and apart from them those of the describer. */
export function Description({ image }: { image: Image }) {
  const draft = useDraft(image, "description");
  const { ai } = image;
  const suggested = ai.description ?? "";
  return (
    <Section title="Description">
      <Textarea
        aria-label="Description"
        placeholder="In your own words"
        maxLength={5000}
        autosize
        minRows={2}
        maxRows={12}
        value={draft.value}
        error={draft.error}
        onChange={(event) => draft.write(event.currentTarget.value)}
        onBlur={() => draft.save()}
        onKeyDown={(event) => event.key === "Escape" && draft.undo()}
      />
      <ChangedElsewhere draft={draft} />
      {suggested !== "" && suggested !== image.description && (
        <div className={classes.suggestion}>
          <Text size="sm">{suggested}</Text>
          <Group justify="space-between" mt={6} gap="xs">
            <Text size="xs" c="dimmed">
              {isMeasured(ai) ? "Measured, not described" : `Described by ${describerOf(ai)}`}
            </Text>
            {!isMeasured(ai) && (
              <Button size="compact-sm" variant="light" onMouseDown={keepFocus} onClick={() => draft.save(suggested)}>
                Use as description
              </Button>
            )}
          </Group>
        </div>
      )}
    </Section>
  );
}
