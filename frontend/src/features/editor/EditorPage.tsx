import { Button, Center, FocusTrap, Loader, Stack, VisuallyHidden } from "@mantine/core";
import { IconPhotoOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useLocation, useParams } from "react-router";
import type { Image } from "~/client";
import { getImageOptions } from "~/client/@tanstack/react-query.gen";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import { useCoveredPage } from "~/lib/covering";
import { nameOf } from "~/lib/images";
import { useTitle } from "~/lib/title";
import { EditorLayer } from "./components/EditorLayer";
import classes from "./components/EditorLayer.module.css";

/** /library/:imageId/edit */
export function Component() {
  const { imageId = "" } = useParams();
  const { data: image, error, refetch } = useQuery(getImageOptions({ path: { image_id: imageId } }));
  useCoveredPage();
  useTitle(image && `Edit ${nameOf(image)}`);
  if (image !== undefined && canBeEdited(image)) return <EditorLayer key={image.id} image={image} />;
  if (image !== undefined)
    return (
      <Without>
        <NotNow image={image} />
      </Without>
    );
  if (error)
    return (
      <Without>
        <LoadFailed error={error} what="The image" onRetry={() => void refetch()} />
      </Without>
    );
  return (
    <Without>
      <Center role="status">
        <Loader size="sm" type="dots" aria-hidden />
        <VisuallyHidden>Loading the image</VisuallyHidden>
      </Center>
    </Without>
  );
}

function canBeEdited({ status, width, trashed_at }: Image): boolean {
  return status === "ready" && width > 0 && trashed_at === null;
}

function NotNow({ image }: { image: Image }) {
  return (
    <EmptyState icon={<IconPhotoOff size={28} />} title="This image cannot be edited now">
      {image.trashed_at !== null
        ? "It lies in the trash. Take it out of there first."
        : image.status === "failed"
          ? "It has no picture: making it has failed."
          : "Its picture is still being made. Come back in a moment."}
    </EmptyState>
  );
}

/** The layer without a picture to edit: what is in the way, and the way back. */
function Without({ children }: { children: ReactNode }) {
  const { imageId = "" } = useParams();
  const { search } = useLocation();
  return (
    <FocusTrap active>
      <div role="dialog" aria-modal aria-label="Edit the image" data-takes-shortcuts className={classes.layer}>
        <header className={classes.header}>
          <Button component={Link} to={`/library/${imageId}${search}`} variant="subtle" color="gray" data-autofocus>
            Back
          </Button>
        </header>
        <Stack p="md" justify="center" maw={560} w="100%" mx="auto">
          {children}
        </Stack>
      </div>
    </FocusTrap>
  );
}
