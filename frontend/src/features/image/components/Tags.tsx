import { Button, Group, TagsInput, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { Image } from "~/client";
import { told } from "~/lib/told";
import { Conflict, mergedTags, useEdit } from "../api/editing";
import { describerOf, isMeasured } from "./provenance";
import { Section } from "./Section";

const MOST = 50;

export function Tags({ image }: { image: Image }) {
  const { tags, change } = useTags(image);
  const { ai } = image;
  const suggested = ai.tags.filter((tag) => !tags.includes(tag));
  return (
    <Section title="Tags">
      <TagsInput
        aria-label="Tags"
        placeholder={tags.length === 0 ? "Add a tag, then Enter" : ""}
        value={tags}
        onChange={change}
        maxTags={MOST}
        maxLength={50}
        acceptValueOnBlur
        splitChars={[","]}
        clearable={false}
      />
      {suggested.length > 0 && tags.length < MOST && (
        <div>
          <Text size="xs" c="dimmed" mb={6}>
            {isMeasured(ai) ? "Measured, by no model" : `Suggested by ${describerOf(ai)}`}
          </Text>
          <Group gap={6}>
            {suggested.map((tag) => (
              <Button
                key={tag}
                size="compact-xs"
                radius="xl"
                variant="default"
                leftSection={<IconPlus size={12} aria-hidden />}
                aria-label={`Add the tag ${tag}`}
                onClick={() => change([...tags, tag])}
              >
                {tag}
              </Button>
            ))}
          </Group>
        </div>
      )}
    </Section>
  );
}

/** The tags as they are to be, at once; what is added elsewhere at the same time is kept. */
function useTags(image: Image) {
  const edit = useEdit(image.id);
  const [wanted, setWanted] = useState<string[]>();
  const tags = wanted ?? image.tags;
  const change = (next: string[]) => {
    setWanted(next);
    edit({ tags: next }, { tags })
      .catch((error: unknown) => {
        if (!(error instanceof Conflict)) throw error;
        return edit({ tags: mergedTags(tags, next, error.image.tags) }, {});
      })
      .catch((error: unknown) => told.failed(error, "The tags were not saved"))
      // What is changed meanwhile is still to be saved, and stays.
      .finally(() => setWanted((latest) => (latest === next ? undefined : latest)));
  };
  return { tags, change };
}
