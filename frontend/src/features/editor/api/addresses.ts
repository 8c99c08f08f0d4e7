/** Signed addresses of the edit, for pages and programs. */
import { useQuery } from "@tanstack/react-query";
import { type Sign, type Signed, signAddresses, transformImage } from "~/client";
import { hasStatus } from "~/lib/problems";
import type { PictureSource } from "../model/snippets";

type Format = NonNullable<Sign["format"]>;

interface Signing {
  imageId: string;
  /** Seconds; undefined for one that does not end, which public images have. */
  expiresIn: number | undefined;
}

/** What every browser opens. */
const PLAIN: readonly Format[] = ["jpeg", "png", "gif"];
const FRESH_MS = 5 * 60_000;

export function useAddress({ imageId, expiresIn }: Signing, recipe: string, format: Format | undefined) {
  return useQuery({
    queryKey: ["editorAddress", imageId, expiresIn, recipe, format],
    queryFn: async ({ signal }) => {
      const [signed] = await signedFor({ imageId, expiresIn }, [recipe], format, signal);
      return signed;
    },
    staleTime: FRESH_MS,
  });
}

/** The recipe at several widths, in the formats of today and one that everything reads: what a `<picture>` is made of. */
export function usePictureSources(
  signing: Signing,
  recipe: (width: number) => string,
  widths: readonly number[],
  chosen: Format | undefined,
) {
  const recipes = widths.map(recipe);
  return useQuery({
    queryKey: ["editorPicture", signing, recipes, chosen],
    queryFn: async ({ signal }): Promise<PictureSource[]> => {
      const of = async (format: Format) => {
        const signed = await signedFor(signing, recipes, format, signal);
        const addresses = signed.map(({ url }, place) => ({ url, width: widths[place] ?? 0 }));
        return { type: `image/${format}`, addresses };
      };
      const plain =
        PLAIN.find((format) => format === chosen) ?? (await plainFormat(signing.imageId, recipes[0] ?? "", signal));
      return Promise.all([...(plain === "gif" ? [] : [of("avif")]), of("webp"), of(plain)]);
    },
    staleTime: FRESH_MS,
    enabled: widths.length > 0,
  });
}

/** What opens everywhere and keeps all of this picture, as the API chooses it: it sees whether anything is transparent, or moves. */
async function plainFormat(imageId: string, recipe: string, signal: AbortSignal): Promise<Format> {
  try {
    const { data } = await transformImage({ path: { image_id: imageId }, body: { recipe, mode: "sync" }, signal });
    if ("bytes" in data) return data.format === "webp" ? "gif" : data.format;
  } catch (error) {
    if (!hasStatus(error, 422)) throw error;
  }
  return "jpeg";
}

async function signedFor(
  { imageId, expiresIn }: Signing,
  recipes: string[],
  format: Format | undefined,
  signal: AbortSignal,
): Promise<Signed[]> {
  const { data } = await signAddresses({
    body: {
      ids: [imageId],
      recipes,
      ...(format !== undefined && { format }),
      ...(expiresIn !== undefined && { expires_in: expiresIn }),
    },
    signal,
  });
  return data;
}
