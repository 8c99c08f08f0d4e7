import { Anchor, Button, Group, Paper, Text } from "@mantine/core";
import { Link } from "react-router";
import type { Image } from "~/client";
import { Picture } from "~/components/Picture";
import { nameOf } from "~/lib/images";

/** The picture that is remixed, and the way back to a form of one's own. */
export function RemixOf({ image }: { image: Image }) {
  return (
    <Paper withBorder p="xs" mb="md">
      <Group wrap="nowrap" gap="sm">
        {image.status === "ready" && (
          <div style={{ width: 56, height: 56, flex: "none", borderRadius: "var(--mantine-radius-sm)" }}>
            <Picture image={image} alt="" width={56} />
          </div>
        )}
        <div style={{ minWidth: 0, flex: 1 }}>
          <Text size="xs" c="dimmed">
            Remix of
          </Text>
          <Anchor component={Link} to={`/library/${image.id}`} size="sm" lineClamp={2} dir="auto">
            {nameOf(image)}
          </Anchor>
        </div>
        <Button component={Link} to="/generate" size="compact-sm" variant="subtle" color="gray">
          Start afresh
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mt="xs">
        Change what is to be different; the rest stays as it was, and the seed is another one unless you keep it.
      </Text>
    </Paper>
  );
}
