/** What the API says in this feature's tests. */
import type { Capabilities, Filter, Image } from "~/client";

function filter(name: string, does: string, initial: number, minimum: number, maximum: number): Filter {
  const schema = { type: "number", minimum, maximum };
  return {
    name,
    does: "",
    parameters: [{ name: "amount", url: null, does, required: false, default: initial, schema }],
  };
}

export const CAPABILITIES: Pick<Capabilities, "limits" | "formats" | "filters" | "presets" | "variant_widths"> = {
  limits: {
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
  },
  formats: {
    input: ["jpeg", "png", "gif", "webp", "avif"],
    output: ["jpeg", "png", "webp", "avif", "gif", "tiff"],
    animated: ["webp", "gif"],
    transparent: ["png", "webp", "avif", "gif", "tiff"],
  },
  filters: [
    filter("sepia", "percent", 100, 0, 100),
    filter("blur", "σ in pixels", 2, 0.1, 100),
    filter("brightness", "percent", 0, -100, 100),
  ],
  presets: [{ name: "thumb", recipe: "w=320,h=320,g=auto" }],
  variant_widths: [160, 320, 640, 1280, 1920],
};

export const IMAGE: Image = {
  id: "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11",
  status: "ready",
  title: "A lake",
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
  ai: { status: "done", description: "", alt: "", tags: [], provider: null, model: null, error: null },
  variants: [],
  image: null,
  image_url: "http://x/original.jpg",
  signed_url: null,
  links: { self: "", file: "", status: "", thumb: null, embed: "" },
  duplicate_of: null,
  user: { id: "u", email: "owner@example.org", username: "owner", date_joined: "2026-11-24T09:00:00Z" },
  trashed_at: null,
  uploaded_at: "2026-11-24T09:30:00Z",
  updated_at: "2026-11-24T09:30:00Z",
};
