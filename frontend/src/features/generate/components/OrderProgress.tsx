import { Button, Progress, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { Image } from "~/client";
import { useFollowing } from "../api/following";
import { useCancel, useRetry } from "../api/orders";
import { type Stage, wordsOf } from "../stage";
import classes from "./GeneratedCard.module.css";

/** Where a picture will stand: how far it is, and a way to call it off; or why there is none, and a way to try again. */
export function OrderProgress({ image, isNext }: { image: Image; isNext: boolean }) {
  const { stage, jobId } = useFollowing(image, { isNext });
  const cancel = useCancel(image);
  const retry = useRetry(image);
  const hasFailed = stage.is === "failed";
  return (
    <div className={classes.progress} data-under-way={!hasFailed || undefined}>
      {hasFailed && (
        <ThemeIcon variant="light" color="red" size="lg" radius="xl" aria-hidden>
          <IconAlertTriangle size={18} />
        </ThemeIcon>
      )}
      <Text size="sm" fw={600} role="status">
        {wordsOf(stage)}
      </Text>
      {hasFailed ? (
        <>
          {stage.reason && (
            <Text size="xs" c="dimmed" className={classes.reason}>
              {stage.reason}
            </Text>
          )}
          <Button size="xs" variant="default" loading={retry.isPending} onClick={() => retry.mutate()}>
            Try again
          </Button>
        </>
      ) : (
        <>
          <Bar stage={stage} />
          {jobId !== undefined && (
            <Button
              size="compact-xs"
              variant="subtle"
              color="gray"
              loading={cancel.isPending}
              onClick={() => cancel.mutate(jobId)}
            >
              Cancel
            </Button>
          )}
        </>
      )}
    </div>
  );
}

function Bar({ stage }: { stage: Stage }) {
  if (stage.is === "waiting") return null;
  const value = stage.is === "painting" ? stage.progress : 100;
  return <Progress value={value} w="60%" size="sm" animated aria-label="Progress" />;
}
