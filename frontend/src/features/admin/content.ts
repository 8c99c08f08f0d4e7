/** What the API says of everybody's images, in words. */
import type { Moderated } from "~/client";

export const VISIBILITIES: Readonly<Record<Moderated["visibility"], string>> = {
  private: "Private",
  unlisted: "Unlisted",
  public: "Public",
};

export const STATUSES: Readonly<Record<Moderated["status"], string>> = {
  ready: "Ready",
  processing: "Processing",
  generating: "Being generated",
  failed: "Failed",
};
