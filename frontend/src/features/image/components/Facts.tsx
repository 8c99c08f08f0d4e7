import { Anchor, Button, Code, Group } from "@mantine/core";
import { IconFocusCentered } from "@tabler/icons-react";
import { Fragment, type ReactNode } from "react";
import type { Image } from "~/client";
import { CopyButton } from "~/components/CopyButton";
import { bytes, count, time } from "~/lib/format";
import { downloadOf } from "~/lib/images";
import classes from "./Fields.module.css";
import { inPercent } from "./FocalPoint";
import { digitalSourceInWords, sourceInWords } from "./provenance";
import { Section } from "./Section";

/** What is so of the file, and cannot be changed; and where its focal point is, which can. */
export function Facts({ image, onAim }: { image: Image; onAim: () => void }) {
  const provenance = digitalSourceInWords(image.digital_source_type);
  const facts: [string, ReactNode][] = [
    ["File", image.file_name],
    ["Format", image.format?.toUpperCase()],
    ["Size", `${count(image.width)} × ${count(image.height)} pixels`],
    ["Weight", image.bytes > 0 && bytes(image.bytes)],
    [
      "Added",
      <time key="added" dateTime={image.uploaded_at} title={image.uploaded_at}>
        {time(image.uploaded_at)}
      </time>,
    ],
    ["Source", sourceInWords(image.source)],
    ["Provenance", provenance],
    ["SHA-256", image.sha256 !== null && <Digest value={image.sha256} />],
    ["Focal point", <FocalFact key="focal" image={image} onAim={onAim} />],
  ];
  return (
    <Section title="Details">
      <dl className={classes.facts}>
        {facts
          .filter(([, value]) => value !== undefined && value !== "" && value !== false)
          .map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </Fragment>
          ))}
      </dl>
    </Section>
  );
}

function Digest({ value }: { value: string }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Code title={value}>{value.slice(0, 12)}…</Code>
      <CopyButton value={value} what="SHA-256 digest" size="compact-xs" />
    </Group>
  );
}

function FocalFact({ image, onAim }: { image: Image; onAim: () => void }) {
  const point = image.focal_point;
  const where = point ? `${inPercent(point.x)} from the left, ${inPercent(point.y)} from the top` : "The centre";
  return (
    <Group gap="xs" justify="space-between">
      {where}
      {image.trashed_at === null && image.variants.length > 0 && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconFocusCentered size={14} aria-hidden />}
          onClick={onAim}
        >
          Set focal point
        </Button>
      )}
    </Group>
  );
}

export function OriginalLink({ image }: { image: Image }) {
  if (image.image_url === null) return null;
  return (
    <Anchor href={downloadOf(image.image_url)} download={image.file_name} size="sm">
      Download the original ({bytes(image.bytes)})
    </Anchor>
  );
}
