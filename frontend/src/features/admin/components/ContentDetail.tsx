import { Anchor, Divider, Stack, Text, Textarea, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { Moderated } from "~/client";
import { adminGetImageOptions } from "~/client/@tanstack/react-query.gen";
import { LoadFailed } from "~/components/LoadFailed";
import { Picture } from "~/components/Picture";
import { bytes, time } from "~/lib/format";
import { altOf, nameOf } from "~/lib/images";
import { told } from "~/lib/told";
import { useAdministration } from "../api/changes";
import { STATUSES, VISIBILITIES } from "../content";
import { Deed } from "./Deed";
import { Facts } from "./Facts";
import { Lines } from "./Listing";

const LONGEST_REASON = 500;

/** One image of anybody: what it shows, whose it is, and how it is taken away. */
export function ContentDetail({ id, onGone }: { id: string; onGone: () => void }) {
  const { data: image, error, refetch } = useQuery(adminGetImageOptions({ path: { image_id: id } }));
  if (image === undefined)
    return error ? (
      <LoadFailed error={error} onRetry={() => void refetch()} what="The image" />
    ) : (
      <Lines count={3} height={120} />
    );
  return (
    <Stack gap="lg">
      {image.variants.length > 0 && (
        <div style={{ aspectRatio: `${image.width} / ${image.height}`, maxHeight: "50vh", borderRadius: 8 }}>
          <Picture image={image} alt={altOf(image)} width={420} fit="contain" isEager />
        </div>
      )}
      <Title order={3} size="h4" style={{ overflowWrap: "anywhere" }}>
        {nameOf(image)}
      </Title>
      <ImageFacts image={image} />
      <Divider />
      <TakeDown image={image} />
      <Delete image={image} onGone={onGone} />
    </Stack>
  );
}

function ImageFacts({ image }: { image: Moderated }) {
  return (
    <Facts
      of={[
        [
          "Owner",
          <Anchor key="owner" component={Link} to={`/admin/users?user=${image.user.id}`} inherit>
            {image.user.email}
          </Anchor>,
        ],
        ["Visibility", VISIBILITIES[image.visibility]],
        ["Status", STATUSES[image.status]],
        ["In the trash", image.trashed_at && `since ${time(image.trashed_at)}`],
        ["Uploaded", time(image.uploaded_at)],
        ["File", image.file_name],
        ["Size", `${image.width} × ${image.height}, ${bytes(image.bytes)}`],
        ["Prompt", image.prompt],
        ["Description", image.description || image.ai.description],
        ["Tags", image.tags.join(", ")],
        ["Not described", image.ai.error],
        [
          "History",
          <Anchor key="history" component={Link} to={`/admin/audit?subject=${image.id}`} inherit>
            What administrators did
          </Anchor>,
        ],
      ]}
    />
  );
}

function TakeDown({ image }: { image: Moderated }) {
  const { takeDown } = useAdministration();
  const [reason, setReason] = useState("");
  const act = async () => {
    await takeDown(image.id, reason.trim());
    setReason("");
    told.done("The image is private now.");
  };
  return (
    <Deed
      title="Take down"
      note={
        image.visibility === "private"
          ? "Private already; its share links would end."
          : "Nobody but its owner sees it any more."
      }
      button="Take down"
      isDangerous
      question="Take this image down?"
      onConfirm={act}
    >
      <Text size="sm">
        It becomes private: no gallery and no search lists it, its public address ends, and its share links are gone.
        Its owner keeps it; addresses that were signed for them open until they expire. What nobody may see at all has
        to be deleted.
      </Text>
      <Textarea
        label="Reason"
        description="For the audit log. The owner does not see it."
        value={reason}
        maxLength={LONGEST_REASON}
        rows={3}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </Deed>
  );
}

function Delete({ image, onGone }: { image: Moderated; onGone: () => void }) {
  const { deleteImage } = useAdministration();
  const act = async () => {
    await deleteImage(image.id);
    told.done("The image is deleted.");
    onGone();
  };
  return (
    <Deed
      title="Delete for good"
      note="The original and every file made of it."
      button="Delete"
      isDangerous
      question="Delete this image for good?"
      onConfirm={act}
    >
      <Text size="sm">
        “{nameOf(image)}” of {image.user.email} is deleted with every variant and every address. It does not go to the
        trash, and nobody can bring it back.
      </Text>
    </Deed>
  );
}
