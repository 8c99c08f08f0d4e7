/** What the API answers, for tests that are about a part of it: they name that part. */
import type { Capabilities, Image } from "~/client";

export const LIMITS: Capabilities["limits"] = {
  image_bytes: 10_485_760,
  image_megapixels: 50,
  image_frames: 200,
  jpeg_scans: 100,
  metadata_bytes: 4_194_304,
  sync_megapixels: 25,
  transform_side: 4096,
  transform_steps: 8,
  transform_parameters: 20,
  transform_seconds: 10,
  transform_bytes: 536_870_912,
  transform_cache_bytes: 2_147_483_648,
  transform_rate: "3000 per minute",
  trash_seconds: 2_592_000,
};

export const ID = "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11";

/** An upload that nothing is known of yet. */
export function imageOf(changes: Partial<Image> = {}): Image {
  const { id = ID } = changes;
  return {
    id,
    status: "ready",
    title: "",
    description: "",
    alt: "",
    alt_status: "missing",
    tags: [],
    file_name: "lake.jpg",
    format: "jpeg",
    media_type: "image/jpeg",
    width: 3200,
    height: 2400,
    bytes: 1_800_000,
    sha256: null,
    thumbhash: null,
    dominant_color: null,
    source: "upload",
    parent_id: null,
    recipe: null,
    digital_source_type: null,
    prompt: null,
    generation: null,
    is_public: false,
    visibility: "private",
    focal_point: null,
    ai: { status: "done", description: null, alt: null, tags: [], provider: null, model: null, error: null },
    variants: [],
    image: null,
    image_url: null,
    signed_url: null,
    links: {
      self: `/api/v1/images/${id}`,
      file: `/api/v1/images/${id}/file`,
      status: `/api/v1/images/${id}/status`,
      thumb: null,
      embed: `/api/v1/images/${id}/embed`,
    },
    duplicate_of: null,
    user: {
      id: "019ab1c0-0000-7000-8000-000000000001",
      email: "owner@example.org",
      username: "owner",
      date_joined: "2026-11-24T09:00:00.000000Z",
    },
    trashed_at: null,
    uploaded_at: "2026-11-24T09:30:00.000000Z",
    updated_at: "2026-11-24T09:30:01.250000Z",
    ...changes,
  };
}
