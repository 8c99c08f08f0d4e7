import { Alert, Button, Divider, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Image } from "~/client";
import { day } from "~/lib/format";
import { useIsSaving } from "../api/editing";
import { Activity } from "./Activity";
import { AltText } from "./AltText";
import { Description } from "./Description";
import { Facts } from "./Facts";
import classes from "./Frame.module.css";
import { Lineage } from "./Lineage";
import { SimilarImages } from "./SimilarImages";
import { Tags } from "./Tags";
import { TitleField } from "./TitleField";
import { useRestore } from "./trashing";
import { Variants } from "./Variants";

/** Everything that is known of the image, and what of it its owner says. */
export function Panel({ image, onAim }: { image: Image; onAim: () => void }) {
  return (
    <Stack gap="xl">
      {image.trashed_at !== null && <InTheTrash id={image.id} since={image.trashed_at} />}
      <div>
        <TitleField image={image} />
        <Saving id={image.id} />
      </div>
      <AltText image={image} />
      <Description image={image} />
      <Tags image={image} />
      <Divider />
      <Facts image={image} onAim={onAim} />
      <Lineage image={image} />
      <Variants image={image} />
      <Activity image={image} />
      <SimilarImages image={image} />
    </Stack>
  );
}

function InTheTrash({ id, since }: { id: string; since: string }) {
  const restore = useRestore(id);
  return (
    <Alert color="yellow" variant="light" title={`In the trash since ${day(since)}`}>
      Nobody else sees it, and after a while it is deleted.
      <div>
        <Button size="xs" mt="xs" variant="default" loading={restore.isPending} onClick={() => restore.mutate()}>
          Restore
        </Button>
      </div>
    </Alert>
  );
}

/** Says that what was written is being kept, and then that it is; nothing before anything was written. */
function Saving({ id }: { id: string }) {
  const isSaving = useIsSaving(id);
  const [hasSaved, setSaved] = useState(false);
  if (isSaving && !hasSaved) setSaved(true);
  return (
    <Text size="xs" c="dimmed" role="status" className={classes.saving}>
      {isSaving ? "Saving…" : hasSaved ? "Changes are saved as you go" : ""}
    </Text>
  );
}
