/** An image as the API answers it, for this feature's tests. */
import type { Image } from "~/client";

export const ID = "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11";
export const SUGGESTED = "A snowy ridge above a green valley.";

export function imageOf(changes: Partial<Image> = {}): Image {
  const file = `http://localhost:8000/media/images/${ID}/w320.webp?expires=1796000400&for=owner&signature=Zm9y`;
  return {
    id: ID,
    status: "ready",
    title: "Picos de Europa",
    description: "",
    alt: "",
    alt_status: "suggested",
    tags: ["mountains"],
    file_name: "picos.jpg",
    format: "jpeg",
    media_type: "image/jpeg",
    width: 2560,
    height: 1600,
    bytes: 1826239,
    sha256: "9b344e9f0c869d8637ea22e672df9451d8d3cc1d2d0b291af3b284e538e5f124",
    thumbhash: null,
    dominant_color: "#5b7d9a",
    source: "upload",
    parent_id: null,
    recipe: null,
    digital_source_type: null,
    prompt: null,
    generation: null,
    is_public: false,
    visibility: "private",
    focal_point: null,
    ai: {
      status: "done",
      description: "Morning light on a mountain ridge.",
      alt: SUGGESTED,
      tags: ["mountains", "snow"],
      provider: "gemini",
      model: "gemini-2.5-flash",
      error: null,
    },
    variants: [{ name: "w320.webp", width: 320, height: 200, bytes: 11840, format: "webp", url: file }],
    image: "/media/images/picos.jpg",
    image_url: "http://localhost:8000/media/images/picos.jpg",
    signed_url: "http://localhost:8000/media/images/picos.jpg",
    links: {
      self: `/api/v1/images/${ID}`,
      file: `/api/v1/images/${ID}/file`,
      status: `/api/v1/images/${ID}/status`,
      thumb: file,
      embed: `/api/v1/images/${ID}/embed`,
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
