/** What a tile says of an image besides its name: what goes on with it, and who can see it. */
import {
  type Icon,
  IconAlertTriangle,
  IconLink,
  IconLoader2,
  IconMessageCircleOff,
  IconSparkles,
  IconWorld,
} from "@tabler/icons-react";
import type { Image } from "~/client";

export interface State {
  Icon: Icon;
  /** For those who do not see the icon. */
  says: string;
  /** Stands beside the icon. */
  label?: string;
  isTurning?: boolean;
  isBad?: boolean;
}

export function statesOf(image: Pick<Image, "status" | "ai" | "visibility">): State[] {
  return [progressOf(image), audienceOf(image)].filter((state) => state !== undefined);
}

function progressOf({ status, ai }: Pick<Image, "status" | "ai">): State | undefined {
  if (status === "generating")
    return { Icon: IconSparkles, says: "being generated", label: "Generating", isTurning: false };
  if (status === "processing")
    return { Icon: IconLoader2, says: "being processed", label: "Processing", isTurning: true };
  if (status === "failed") return { Icon: IconAlertTriangle, says: "failed", label: "Failed", isBad: true };
  if (ai.status === "pending" || ai.status === "working")
    return { Icon: IconLoader2, says: "being described", label: "Describing", isTurning: true };
  if (ai.status === "failed") return { Icon: IconMessageCircleOff, says: "could not be described" };
  return undefined;
}

function audienceOf({ visibility }: Pick<Image, "visibility">): State | undefined {
  if (visibility === "public") return { Icon: IconWorld, says: "public" };
  if (visibility === "unlisted") return { Icon: IconLink, says: "unlisted" };
  return undefined;
}
