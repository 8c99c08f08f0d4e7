import { Alert, Anchor, Button, Group, SegmentedControl, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Image, shareImage } from "~/client";
import { CopyButton } from "~/components/CopyButton";
import { imageChanged } from "~/lib/images";
import { messageOf } from "~/lib/problems";
import { rememberVersion } from "../api/image";
import { ALT_FIELD } from "../components/AltText";

type Visible = Image["visibility"];

const CHOICES: readonly { value: Visible; label: string; means: string }[] = [
  { value: "private", label: "Private", means: "Only you see it, and whoever has a link below." },
  {
    value: "unlisted",
    label: "Unlisted",
    means: "Whoever has the address of its page sees it. No list or search shows it.",
  },
  { value: "public", label: "Public", means: "Everybody sees it. It stands in Explore, and its search finds it." },
];

/** Who sees the image at its public page, in plain words. */
export function Visibility({ image, onLeave }: { image: Image; onLeave: () => void }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (visibility: Visible) => shareImage({ path: { image_id: image.id }, body: { visibility } }),
    onSuccess: ({ data, response }) => {
      rememberVersion(data.id, response);
      imageChanged(client, data);
    },
  });
  const shown = change.isPending ? change.variables : image.visibility;
  const choice = CHOICES.find(({ value }) => value === shown);
  return (
    <Stack gap="xs" component="section" aria-label="Visibility">
      <Title order={3} size="h6">
        Who can see it
      </Title>
      <SegmentedControl
        fullWidth
        aria-label="Who can see it"
        data={CHOICES.map(({ value, label }) => ({ value, label }))}
        value={shown}
        disabled={change.isPending || image.variants.length === 0}
        onChange={change.mutate}
      />
      <Text size="sm" c="dimmed" aria-live="polite">
        {choice?.means}
      </Text>
      {change.isError && (
        <Alert color="red" variant="light" role="alert" title="That did not work">
          {messageOf(change.error)}
        </Alert>
      )}
      {image.visibility !== "private" && (
        <>
          <PublicAddress id={image.id} />
          {isUntold(image) && <AltMissing onLeave={onLeave} />}
        </>
      )}
    </Stack>
  );
}

/** Whether others see a picture of which nobody has said what it shows: the API's `alt_missing`. */
export function isUntold({ visibility, alt_status }: Pick<Image, "visibility" | "alt_status">): boolean {
  return visibility !== "private" && (alt_status === "missing" || alt_status === "suggested");
}

function PublicAddress({ id }: { id: string }) {
  const address = `${window.location.origin}/explore/${id}`;
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <TextInput
        label="Address of its page"
        readOnly
        value={address}
        flex={1}
        onFocus={(event) => event.currentTarget.select()}
      />
      <CopyButton value={address} what="address of the public page" size="sm" />
      <Button component="a" href={address} target="_blank" rel="noreferrer" variant="default" size="sm">
        Open
      </Button>
    </Group>
  );
}

function AltMissing({ onLeave }: { onLeave: () => void }) {
  return (
    <Alert color="yellow" variant="light" title="Nobody has said what it shows">
      People who cannot see the picture are told nothing of it. Approve the suggested alt text, write your own, or call
      the picture decorative.{" "}
      <Anchor
        component="button"
        type="button"
        size="sm"
        onClick={() => {
          onLeave();
          // The dialog gives the focus back first.
          setTimeout(() => document.getElementById(ALT_FIELD)?.focus(), 300);
        }}
      >
        Go to the alt text
      </Anchor>
    </Alert>
  );
}
