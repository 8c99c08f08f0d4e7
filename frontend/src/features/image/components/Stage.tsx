import { ActionIcon, Button, Loader, Stack, Text } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight, IconPhotoOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Image } from "~/client";
import { Picture } from "~/components/Picture";
import { fitted } from "~/lib/fitting";
import { altOf } from "~/lib/images";
import { useRetry, useStatus } from "../api/work";
import { FocalPoint } from "./FocalPoint";
import classes from "./Stage.module.css";
import { useSwipe } from "./swipe";

interface Props {
  image: Image;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
  onZoom: () => void;
  /** Whether a click says what matters most in the picture. */
  isAiming: boolean;
  onAimed: () => void;
}

/** The picture as large as it fits, or why there is none. */
export function Stage({ image, onPrevious, onNext, onZoom, isAiming, onAimed }: Props) {
  const { ref, width, height } = useElementSize();
  const swipe = useSwipe({ onLeft: onNext, onRight: onPrevious });
  const shown = fitted(image, { width, height });
  return (
    <div className={classes.stage} {...(!isAiming && swipe)}>
      <div ref={ref} className={classes.room}>
        {image.variants.length === 0 ? (
          <NoPicture key={image.id} image={image} />
        ) : (
          <div className={classes.picture} style={shown}>
            {isAiming ? (
              <FocalPoint image={image} onDone={onAimed}>
                <Picture key={image.id} image={image} alt={altOf(image)} width={shown.width} isEager />
              </FocalPoint>
            ) : (
              <button type="button" className={classes.zoom} onClick={onZoom} aria-label="Zoom">
                <Picture key={image.id} image={image} alt={altOf(image)} width={shown.width} isEager />
              </button>
            )}
          </div>
        )}
      </div>
      {!isAiming && (
        <>
          <Turn side="left" label="Previous image" onClick={onPrevious} icon={<IconChevronLeft aria-hidden />} />
          <Turn side="right" label="Next image" onClick={onNext} icon={<IconChevronRight aria-hidden />} />
        </>
      )}
    </div>
  );
}

/** It stays, and keeps the focus, where there is nothing further: whoever uses the keyboard would lose the place. */
function Turn({
  side,
  label,
  onClick,
  icon,
}: {
  side: "left" | "right";
  label: string;
  onClick: (() => void) | undefined;
  icon: ReactNode;
}) {
  return (
    <ActionIcon
      variant="default"
      radius="xl"
      size={44}
      aria-label={label}
      aria-disabled={onClick === undefined}
      data-side={side}
      className={classes.turn}
      onClick={onClick}
    >
      {icon}
    </ActionIcon>
  );
}

function NoPicture({ image }: { image: Image }) {
  const { data } = useStatus(image);
  const retry = useRetry();
  const failed = data?.work.find(({ state, kind }) => state === "failed" && kind !== "description");
  const isComing = image.status === "generating" || image.status === "processing";
  return (
    <Stack align="center" gap="sm" p="md" ta="center" role="status">
      {isComing ? <Loader type="dots" aria-hidden /> : <IconPhotoOff size={40} stroke={1.4} aria-hidden />}
      <Text fw={600}>{STATES[image.status]}</Text>
      <Text size="sm" c="dimmed" maw={400}>
        {isComing ? "It is shown here as soon as it is there. You can go on meanwhile." : failed?.error?.detail}
      </Text>
      {failed && image.trashed_at === null && (
        <Button size="sm" loading={retry.isPending} onClick={() => retry.mutate(image.id)}>
          Try again
        </Button>
      )}
    </Stack>
  );
}

const STATES: Readonly<Record<Image["status"], string>> = {
  generating: "The picture is being made",
  processing: "The picture is being prepared",
  ready: "There is no picture to show",
  failed: "The picture could not be made ready",
};
