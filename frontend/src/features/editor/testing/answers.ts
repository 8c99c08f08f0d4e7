/** What the API says in this feature's tests. */
import type { Capabilities, Filter } from "~/client";
import { LIMITS, imageOf } from "~/test/answers";

function filter(name: string, does: string, initial: number, minimum: number, maximum: number): Filter {
  const schema = { type: "number", minimum, maximum };
  return {
    name,
    does: "",
    parameters: [{ name: "amount", url: null, does, required: false, default: initial, schema }],
  };
}

export const CAPABILITIES: Pick<Capabilities, "limits" | "formats" | "filters" | "presets" | "variant_widths"> = {
  limits: LIMITS,
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

export const IMAGE = imageOf({ title: "A lake", image_url: "http://x/original.jpg" });
