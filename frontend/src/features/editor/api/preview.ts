/** The picture on the stage: a signed address of the edit, opened. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Sign, signAddresses } from "~/client";
import { apiError } from "~/lib/problems";

interface Wish {
  imageId: string;
  recipe: string;
  format: NonNullable<Sign["format"]>;
  isWanted?: boolean;
}

/** Signed addresses live for an hour or more; what is asked for again within minutes is shown at once, as undo does. */
const FRESH_MS = 10 * 60_000;

/** Until a new one is there the former stays; the request for one that nobody waits for any longer is called off. */
export function usePreview({ imageId, recipe, format, isWanted = true }: Wish) {
  return useQuery({
    queryKey: ["editorPreview", imageId, recipe, format],
    queryFn: async ({ signal }) => {
      const { data } = await signAddresses({ body: { ids: [imageId], recipes: [recipe], format }, signal });
      const url = data[0]?.url ?? "";
      await opened(url, signal);
      return url;
    },
    enabled: isWanted,
    staleTime: FRESH_MS,
    gcTime: FRESH_MS,
    placeholderData: keepPreviousData,
  });
}

/** Settles once the browser has the picture, so that changing to it shows no gap. */
async function opened(url: string, signal: AbortSignal): Promise<void> {
  const picture = new Image();
  try {
    await new Promise<void>((resolve, reject) => {
      picture.onload = () => resolve();
      picture.onerror = () => reject(new Error("The preview could not be loaded."));
      signal.addEventListener("abort", () => {
        picture.removeAttribute("src");
        reject(new DOMException("Nobody waits for it any longer.", "AbortError"));
      });
      picture.src = url;
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw (await refusalAt(url, signal)) ?? error;
  }
}

/** An `<img>` does not tell why it failed; the address itself does. */
async function refusalAt(url: string, signal: AbortSignal): Promise<Error | undefined> {
  try {
    const response = await fetch(url, { signal });
    return response.ok ? undefined : apiError(await response.json(), response);
  } catch {
    return undefined;
  }
}
