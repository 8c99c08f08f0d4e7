import { ActionIcon, Anchor, Button, Card, CopyButton, Group, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconDownload, IconWand } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Image } from "~/client";
import { Picture } from "~/components/Picture";
import { ago, time } from "~/lib/format";
import { altOf, downloadOf, nameOf } from "~/lib/images";
import classes from "./GeneratedCard.module.css";
import { OrderProgress } from "./OrderProgress";

interface Props {
  image: Image;
  /** The picture that this one was made from, where it is in the list. */
  parent: Image | undefined;
  /** Whether of those that are not there yet it is the first. */
  isNext: boolean;
}

const SHOWN_WIDTH = 340;

/** One picture of the history: what it shows or how far it is, what it was asked for by, and what can be done with it. */
export function GeneratedCard({ image, parent, isNext }: Props) {
  return (
    <Card withBorder padding={0} component="article" aria-label={nameOf(image)} className={classes.card}>
      <div className={classes.picture}>
        {image.status === "ready" ? (
          <Link to={`/library/${image.id}`} className={classes.opened} aria-label={`Open “${nameOf(image)}”`}>
            <Picture image={image} alt={altOf(image)} width={SHOWN_WIDTH} fit="contain" />
          </Link>
        ) : (
          <OrderProgress image={image} isNext={isNext} />
        )}
      </div>
      <div className={classes.told}>
        <Text size="sm" lineClamp={3} dir="auto" title={image.prompt ?? undefined} className={classes.prompt}>
          {image.prompt}
        </Text>
        <Facts image={image} />
        {image.parent_id !== null && (
          <Text size="xs" c="dimmed" lineClamp={1}>
            Remix of{" "}
            <Anchor component={Link} to={`/library/${image.parent_id}`} size="xs">
              {parent ? `“${nameOf(parent)}”` : "an earlier picture"}
            </Anchor>
          </Text>
        )}
        <Actions image={image} />
      </div>
    </Card>
  );
}

function Facts({ image }: { image: Image }) {
  const { generation } = image;
  return (
    <Text size="xs" c="dimmed" component="p" m={0}>
      {image.width} × {image.height}
      {generation && ` · seed ${generation.seed}`}
      {generation?.provider === "offline" ? " · no model" : generation?.model && ` · ${generation.model}`}
      {" · "}
      <time dateTime={image.uploaded_at} title={time(image.uploaded_at)}>
        {ago(image.uploaded_at)}
      </time>
    </Text>
  );
}

function Actions({ image }: { image: Image }) {
  return (
    <Group gap={4} mt="auto" pt={4} justify="space-between">
      <Button
        component={Link}
        to={`/generate?remix=${image.id}`}
        variant="light"
        size="xs"
        leftSection={<IconWand size={14} aria-hidden />}
        aria-label={`Remix “${nameOf(image)}”`}
      >
        Remix
      </Button>
      <Group gap={4}>
        <CopyPrompt prompt={image.prompt ?? ""} />
        {image.status === "ready" && image.image !== null && (
          <Tooltip label="Download">
            <ActionIcon
              component="a"
              href={downloadOf(image.image)}
              download={image.file_name}
              target="_blank"
              rel="noreferrer"
              variant="subtle"
              color="gray"
              aria-label="Download"
            >
              <IconDownload size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
    </Group>
  );
}

function CopyPrompt({ prompt }: { prompt: string }) {
  return (
    <CopyButton value={prompt} timeout={2000}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : "Copy the prompt"}>
          <ActionIcon
            variant="subtle"
            color="gray"
            onClick={copy}
            aria-label={copied ? "The prompt is copied" : "Copy the prompt"}
          >
            {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
