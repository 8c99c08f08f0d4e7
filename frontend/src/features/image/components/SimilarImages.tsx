import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Image } from "~/client";
import { listSimilarImagesOptions } from "~/client/@tanstack/react-query.gen";
import { LoadFailed } from "~/components/LoadFailed";
import { hasStatus } from "~/lib/problems";
import classes from "./Fields.module.css";
import { ImageLink } from "./ImageLink";
import { Section } from "./Section";

const MOST = 12;

/** One's own images that look like this one, the nearest first. */
export function SimilarImages({ image }: { image: Image }) {
  const similar = useQuery({
    ...listSimilarImagesOptions({ path: { image_id: image.id }, query: { limit: MOST } }),
    enabled: image.status === "ready",
  });
  // 409: it has no fingerprint, so that it is like nothing.
  if (image.status !== "ready" || hasStatus(similar.error, 409)) return null;
  return (
    <Section title="Similar images">
      {similar.isError && (
        <LoadFailed error={similar.error} onRetry={() => void similar.refetch()} what="Similar images" />
      )}
      {similar.isPending && <Skeleton height={76} width={76} />}
      {similar.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          None of your other images looks like this one.
        </Text>
      )}
      {similar.data !== undefined && similar.data.length > 0 && (
        <ul className={classes.thumbs}>
          {similar.data.map((each) => (
            <li key={each.id}>
              <ImageLink image={each} {...(each.same_pixels && { note: "the very same pixels" })} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
