import { Anchor, Badge, Button, CopyButton, Group, Stack, Text, Title } from "@mantine/core";
import { IconCheck, IconDownload, IconLink, IconPhoto, IconSparkles } from "@tabler/icons-react";
import { Link } from "react-router";
import type { PublicImage } from "~/client";
import { Picture } from "~/components/Picture";
import { day } from "~/lib/format";
import { downloadOf } from "~/lib/images";
import { useSessionState, useUser } from "~/lib/user";
import { addressOfTag } from "../galleryQuery";
import { originOf, titleOf } from "../publicImage";
import classes from "./PublicImageView.module.css";

/** The picture as large as the window lets it be, and all that everybody is told of it. */
export function PublicImageView({ image, headingOrder }: { image: PublicImage; headingOrder: 1 | 2 }) {
  return (
    <article className={classes.view}>
      <div
        className={classes.picture}
        style={{
          aspectRatio: `${image.width} / ${image.height}`,
          maxWidth: `min(${image.width}px, calc(78dvh * ${(image.width / image.height).toFixed(4)}))`,
        }}
      >
        <Picture image={image} alt={image.alt ?? titleOf(image)} width={PICTURE_WIDTH} isEager />
      </div>
      <Told image={image} headingOrder={headingOrder} />
    </article>
  );
}

/** Beside it there is a column of words; a phone's browser takes less by its own pixels. */
const PICTURE_WIDTH = 1040;

function Told({ image, headingOrder }: { image: PublicImage; headingOrder: 1 | 2 }) {
  const origin = originOf(image);
  const isSignedIn = useSessionState() === "signed-in";
  return (
    <Stack gap="md" className={classes.told}>
      <div>
        <Title order={headingOrder} size="h3" dir="auto" className={classes.words}>
          {titleOf(image)}
        </Title>
        <Text size="sm" c="dimmed" mt={4}>
          By{" "}
          <Text span inherit fw={600} c="var(--mantine-color-text)">
            {image.user.username}
          </Text>{" "}
          · <time dateTime={image.uploaded_at}>{day(image.uploaded_at)}</time>
        </Text>
      </div>
      {image.description && (
        <Text dir="auto" className={classes.words}>
          {image.description}
        </Text>
      )}
      {image.alt && image.alt !== image.title && (
        <div>
          <Text size="xs" fw={600} c="dimmed">
            Alt text
          </Text>
          <Text size="sm" dir="auto" className={classes.words}>
            {image.alt}
          </Text>
        </div>
      )}
      {image.tags.length > 0 && (
        <Group gap={6} component="ul" className={classes.tags} aria-label="Tags">
          {image.tags.map((tag) => (
            <li key={tag}>
              <Badge component={Link} to={addressOfTag(tag)} variant="light" tt="none" fw={500} className={classes.tag}>
                {tag}
              </Badge>
            </li>
          ))}
        </Group>
      )}
      {origin && (
        <Group gap={6} wrap="nowrap" c="dimmed">
          <IconSparkles size={16} aria-hidden />
          <Text size="sm">{origin}</Text>
        </Group>
      )}
      <Group gap="xs">
        {image.image !== null && (
          <Button
            component="a"
            href={downloadOf(image.image)}
            download
            target="_blank"
            rel="noreferrer"
            size="sm"
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Download
          </Button>
        )}
        <CopyAddress address={`${window.location.origin}/explore/${image.id}`} />
      </Group>
      {isSignedIn && <OwnersLink image={image} />}
      <Text size="xs" c="dimmed">
        {image.width} × {image.height} pixels
      </Text>
    </Stack>
  );
}

function CopyAddress({ address }: { address: string }) {
  return (
    <CopyButton value={address} timeout={2000}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          size="sm"
          onClick={copy}
          leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconLink size={16} aria-hidden />}
        >
          <span aria-live="polite">{copied ? "Copied" : "Copy address"}</span>
        </Button>
      )}
    </CopyButton>
  );
}

/** Only where somebody is signed in: who it is would be asked of the API. */
function OwnersLink({ image }: { image: PublicImage }) {
  const user = useUser();
  if (user.username !== image.user.username) return null;
  return (
    <Anchor component={Link} to={`/library/${image.id}`} size="sm">
      <Group gap={6} component="span">
        <IconPhoto size={16} aria-hidden />
        Open in your library
      </Group>
    </Anchor>
  );
}
