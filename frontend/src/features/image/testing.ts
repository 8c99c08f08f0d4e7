/** An image as the API answers it once it was described, for this feature's tests. */
import type { Image } from "~/client";
import { ID, imageOf as anyImage } from "~/test/answers";

export { ID };
export const SUGGESTED = "A snowy ridge above a green valley.";

export function imageOf(changes: Partial<Image> = {}): Image {
  const url = `http://localhost:8000/media/images/${ID}/w320.webp?expires=1796000400&for=owner&signature=Zm9y`;
  return anyImage({
    title: "Picos de Europa",
    alt_status: "suggested",
    tags: ["mountains"],
    file_name: "picos.jpg",
    width: 2560,
    height: 1600,
    ai: {
      status: "done",
      description: "Morning light on a mountain ridge.",
      alt: SUGGESTED,
      tags: ["mountains", "snow"],
      provider: "gemini",
      model: "gemini-2.5-flash",
      error: null,
    },
    variants: [{ name: "w320.webp", width: 320, height: 200, bytes: 11840, format: "webp", url }],
    image: "/media/images/picos.jpg",
    image_url: "http://localhost:8000/media/images/picos.jpg",
    signed_url: "http://localhost:8000/media/images/picos.jpg",
    ...changes,
  });
}
