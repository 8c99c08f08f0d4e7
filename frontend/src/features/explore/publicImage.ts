/** What everybody is told of a public image, in words. */
import type { PublicImage } from "~/client";

export function titleOf({ title, user }: Pick<PublicImage, "title" | "user">): string {
  return title || `A picture by ${user.username}`;
}

/** How a list names it to those who do not see it. */
export function nameInList(image: Pick<PublicImage, "title" | "alt" | "user">): string {
  const said = image.title || image.alt;
  return said ? `${said}, by ${image.user.username}` : titleOf(image);
}

/** Terms of the IPTC's digital source types that tell a person something about a picture. */
const ORIGINS: Readonly<Record<string, string>> = {
  trainedAlgorithmicMedia: "Made by an AI model",
  compositeWithTrainedAlgorithmicMedia: "Made with the help of an AI model",
  compositeSynthetic: "Made with the help of an AI model",
  algorithmicMedia: "Drawn by code, not by a model",
};

/** Where the picture comes from; nothing where nobody has said, or where it is what one expects. */
export function originOf({ digital_source_type }: Pick<PublicImage, "digital_source_type">): string | undefined {
  return digital_source_type === null ? undefined : ORIGINS[digital_source_type];
}
