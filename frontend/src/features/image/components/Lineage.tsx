import { Code, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Fragment, type ReactNode } from "react";
import type { Image } from "~/client";
import { CopyButton } from "~/components/CopyButton";
import { nameOf } from "~/lib/images";
import { hasStatus } from "~/lib/problems";
import { imageOptions } from "../api/image";
import classes from "./Fields.module.css";
import { ImageLink } from "./ImageLink";
import { painterOf } from "./provenance";
import { Section } from "./Section";

/** What the image was made from, and how. */
export function Lineage({ image }: { image: Image }) {
  const { parent_id: parentId, duplicate_of: twinId, generation } = image;
  const facts: [string, ReactNode][] = [
    ["Prompt", image.prompt],
    ["Without", generation?.negative_prompt],
    ["Seed", generation && <Seed value={generation.seed} />],
    ["Steps", generation?.steps],
    ["Drawn by", generation && painterOf(generation)],
    ["Recipe", image.recipe && <Code style={{ whiteSpace: "pre-wrap" }}>{image.recipe}</Code>],
  ];
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== "");
  if (known.length === 0 && parentId === null && twinId === null) return null;
  return (
    <Section title="Lineage">
      {parentId !== null && <Relative id={parentId} how="Made from" />}
      {twinId !== null && <Relative id={twinId} how="Same file as" />}
      {known.length > 0 && (
        <dl className={classes.facts}>
          {known.map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </Fragment>
          ))}
        </dl>
      )}
    </Section>
  );
}

function Relative({ id, how }: { id: string; how: string }) {
  const { data, error } = useQuery(imageOptions(id));
  if (hasStatus(error, 404))
    return (
      <Text size="sm" c="dimmed">
        {how} an image that is gone.
      </Text>
    );
  if (data === undefined) return null;
  return (
    <Group gap="sm" wrap="nowrap">
      <div style={{ flex: "none", width: 56 }}>
        <ImageLink image={data} />
      </div>
      <div style={{ minWidth: 0 }}>
        <Text size="xs" c="dimmed">
          {how}
        </Text>
        <Text size="sm" lineClamp={2}>
          {nameOf(data)}
        </Text>
      </div>
    </Group>
  );
}

function Seed({ value }: { value: number }) {
  return (
    <Group gap="xs">
      <Code>{value}</Code>
      <CopyButton value={String(value)} what="seed" size="compact-xs" />
    </Group>
  );
}
