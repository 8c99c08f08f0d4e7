import { Button, CloseButton, Group, Modal, Skeleton } from "@mantine/core";
import { IconArrowLeft, IconChevronLeft, IconChevronRight, IconPhotoOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useMemo } from "react";
import { Link, useLocation, useNavigate, useOutletContext, useParams } from "react-router";
import { getPublicImageOptions } from "~/client/@tanstack/react-query.gen";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import { type Ask, toldLater } from "~/lib/asking";
import type { NeighboursContext } from "~/lib/neighbours";
import { hasStatus } from "~/lib/problems";
import { useShortcuts } from "~/lib/shortcuts";
import { useTitle } from "~/lib/title";
import { FROM_WALL } from "./components/GalleryTile";
import { PublicImageView } from "./components/PublicImageView";
import { titleOf } from "./publicImage";
import classes from "./PublicImagePage.module.css";

export const ask: Ask = (client, { params: { imageId = "" } }) => {
  client.query({ ...getPublicImageOptions({ path: { image_id: imageId } }), staleTime: "static" }).catch(toldLater);
};

/** One public picture: over the wall that it was opened from, or as a page of its own for whoever was sent its address. */
export function Component() {
  const { imageId = "" } = useParams();
  const wall = useOutletContext<NeighboursContext | null | undefined>();
  return wall == null ? <Page imageId={imageId} /> : <Overlay imageId={imageId} wall={wall} />;
}

function Page({ imageId }: { imageId: string }) {
  return (
    <>
      <Button
        component={Link}
        to="/explore"
        variant="subtle"
        color="gray"
        size="compact-sm"
        mb="md"
        leftSection={<IconArrowLeft size={16} aria-hidden />}
      >
        Explore
      </Button>
      <Shown imageId={imageId} headingOrder={1} />
    </>
  );
}

function Overlay({ imageId, wall }: { imageId: string; wall: NeighboursContext }) {
  const navigate = useNavigate();
  const { search } = useLocation();
  const { previous, next } = wall.neighboursOf(imageId);
  const close = useCallback(
    () => void navigate({ pathname: "/explore", search }, { replace: true, preventScrollReset: true }),
    [navigate, search],
  );
  const turn = useCallback(
    (to: string | undefined) => {
      if (to === undefined) return;
      // In place of the one before: "back" leads to the wall, however many were looked at.
      void navigate(
        { pathname: `/explore/${to}`, search },
        { replace: true, state: FROM_WALL, preventScrollReset: true },
      );
    },
    [navigate, search],
  );
  useShortcuts(
    useMemo(
      () => [
        { keys: "ArrowLeft", does: "Previous picture", run: () => turn(previous) },
        { keys: "ArrowRight", does: "Next picture", run: () => turn(next) },
      ],
      [next, previous, turn],
    ),
  );
  return (
    <Modal.Root opened onClose={close} fullScreen returnFocus={false} transitionProps={{ duration: 0 }}>
      <Modal.Content aria-label="Picture" data-takes-shortcuts radius={0}>
        <Group justify="space-between" className={classes.bar} wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Turn to={previous} label="Previous picture" onTurn={turn}>
              <IconChevronLeft size={18} aria-hidden />
            </Turn>
            <Turn to={next} label="Next picture" onTurn={turn}>
              <IconChevronRight size={18} aria-hidden />
            </Turn>
          </Group>
          <CloseButton size="lg" aria-label="Close" onClick={close} data-autofocus />
        </Group>
        <Modal.Body p={{ base: "sm", sm: "lg" }} pt={0}>
          <Shown imageId={imageId} headingOrder={2} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

interface TurnProps {
  to: string | undefined;
  label: string;
  onTurn: (to: string | undefined) => void;
  children: ReactNode;
}

function Turn({ to, label, onTurn, children }: TurnProps) {
  return (
    <Button variant="default" size="xs" aria-label={label} disabled={to === undefined} onClick={() => onTurn(to)}>
      {children}
    </Button>
  );
}

function Shown({ imageId, headingOrder }: { imageId: string; headingOrder: 1 | 2 }) {
  const found = useQuery(getPublicImageOptions({ path: { image_id: imageId } }));
  // What was withdrawn is not shown any more, though the cache still has it.
  const isGone = hasStatus(found.error, 404) || hasStatus(found.error, 422);
  const image = isGone ? undefined : found.data;
  useTitle(image ? titleOf(image) : isGone ? "Not public" : undefined);
  if (image) return <PublicImageView key={image.id} image={image} headingOrder={headingOrder} />;
  if (isGone)
    return (
      <EmptyState
        icon={<IconPhotoOff size={28} />}
        title="This picture is not public any more"
        headingOrder={headingOrder}
        action={
          <Button component={Link} to="/explore">
            Look at others
          </Button>
        }
      >
        Its owner has withdrawn or deleted it, or the address is not complete.
      </EmptyState>
    );
  if (found.isError) return <LoadFailed error={found.error} what="The picture" onRetry={() => void found.refetch()} />;
  return <Skeleton className={classes.waiting} aria-busy aria-label="Loading the picture" />;
}
