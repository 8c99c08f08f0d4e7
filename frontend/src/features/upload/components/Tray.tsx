import {
  ActionIcon,
  Button,
  Collapse,
  Group,
  Paper,
  Progress,
  Stack,
  Text,
  Title,
  VisuallyHidden,
} from "@mantine/core";
import { IconChevronDown, IconChevronUp } from "@tabler/icons-react";
import { useState } from "react";
import { ago, plural } from "~/lib/format";
import { type Snapshot, type Totals, type Upload, type Uploads, type Waiting, totalsOf } from "../uploads";
import classes from "./Tray.module.css";
import { TrayRow } from "./TrayRow";

/** So many rows are shown, those first that something goes on with or that ask for something. */
const MOST_ROWS = 60;
const ORDER = ["failed", "uploading", "processing", "describing", "waiting", "done"] as const;

export type TrayActions = Pick<Uploads, "cancel" | "retry" | "retryFailed" | "keepBoth" | "clearFinished">;

interface Props extends Snapshot {
  actions: TrayActions;
}

/** What is uploaded, in a corner of the window; on a phone at its foot. */
export function Tray({ uploads, waiting, leftOut, unreadable, actions }: Props) {
  const [isOpen, setOpen] = useState(true);
  if (uploads.length + leftOut + unreadable === 0) return null;
  const totals = totalsOf(uploads);
  const canRetry = uploads.some((upload) => upload.state === "failed" && upload.canRetry);
  const rows = inOrder(uploads).slice(0, MOST_ROWS);
  const Chevron = isOpen ? IconChevronDown : IconChevronUp;
  return (
    <Paper withBorder shadow="lg" className={classes.tray} component="section" aria-label="Uploads">
      <Group justify="space-between" wrap="nowrap" className={classes.head}>
        <div className={classes.summary}>
          <Title order={2} size="sm" fw={600}>
            {headline(totals)}
          </Title>
          <Text size="xs" c="dimmed">
            {waiting && totals.sending > 0 ? waitingWords(waiting) : details(totals)}
          </Text>
        </div>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-expanded={isOpen}
          aria-label={isOpen ? "Fold the uploads" : "Show the uploads"}
          onClick={() => setOpen((was) => !was)}
        >
          <Chevron size={18} aria-hidden />
        </ActionIcon>
      </Group>
      {totals.sending > 0 && <Progress value={totals.percent} size={4} radius={0} aria-label="All uploads" />}
      <VisuallyHidden role="status">{spoken(totals)}</VisuallyHidden>
      <Collapse expanded={isOpen}>
        {/* Scrolls, so it takes the focus for the keys that scroll. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className={classes.scroll} tabIndex={0} role="group" aria-label="Files">
          <ul className={classes.list}>
            {rows.map((upload) => (
              <TrayRow key={upload.key} upload={upload} actions={actions} />
            ))}
          </ul>
          {uploads.length > rows.length && (
            <Text size="sm" c="dimmed" p="sm">
              And {plural(uploads.length - rows.length, "more file")}.
            </Text>
          )}
          {leftOut > 0 && (
            <Text size="sm" c="dimmed" p="sm">
              {plural(leftOut, "file is no picture and was", "files are no pictures and were")} left out.
            </Text>
          )}
          {unreadable > 0 && (
            <Text size="sm" c="dimmed" p="sm">
              {plural(unreadable, "file or folder", "files or folders")} could not be read and{" "}
              {unreadable === 1 ? "was" : "were"} left out. Check that you may open them, and drop them again.
            </Text>
          )}
        </div>
        <Stack gap={0} className={classes.foot}>
          <Group justify="flex-end" gap="xs">
            {canRetry && (
              <Button size="xs" variant="light" onClick={() => actions.retryFailed()}>
                Retry all failed
              </Button>
            )}
            {totals.done + totals.duplicates + totals.failed + leftOut + unreadable > 0 ? (
              <Button size="xs" variant="default" onClick={() => actions.clearFinished()}>
                Clear finished
              </Button>
            ) : null}
          </Group>
        </Stack>
      </Collapse>
    </Paper>
  );
}

export function inOrder(uploads: readonly Upload[]): Upload[] {
  return [...uploads].sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
}

function headline({ all, done, duplicates, sending, working, failed, percent }: Totals): string {
  if (sending > 0) return `Uploading ${plural(sending, "file")} – ${percent}%`;
  if (working > 0) return `Describing ${plural(working, "image")}`;
  if (all === 0) return "Nothing to upload";
  if (done > 0) return `${plural(done, "image")} uploaded`;
  if (failed > 0) return `${plural(failed, "file")} not uploaded`;
  return plural(duplicates, "image was here already", "images were here already");
}

function details({ all, done, duplicates, working, failed }: Totals): string {
  const parts = [
    ...(done > 0 ? [`${done} of ${all} done`] : []),
    ...(duplicates > 0 && duplicates < all ? [hereAlready(duplicates)] : []),
    ...(working > 0 ? [`${working} being processed or described`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return parts.join(", ");
}

/** Without percentages: those would be read out all the time. */
function spoken({ sending, working, done, duplicates, failed }: Totals): string {
  const parts = [
    ...(sending > 0 ? [`${plural(sending, "file")} to upload`] : []),
    ...(working > 0 ? [`${plural(working, "image")} being described`] : []),
    ...(done > 0 ? [`${plural(done, "image")} done`] : []),
    ...(duplicates > 0 ? [hereAlready(duplicates)] : []),
    ...(failed > 0 ? [`${plural(failed, "file")} failed`] : []),
  ];
  return parts.join(", ");
}

function hereAlready(duplicates: number): string {
  return `${duplicates} ${duplicates === 1 ? "was" : "were"} here already`;
}

function waitingWords({ why, until }: Waiting): string {
  if (until === undefined) return `${why}.`;
  return `${why}. It goes on by itself ${until - Date.now() < 60_000 ? "in a moment" : ago(new Date(until).toISOString())}.`;
}
