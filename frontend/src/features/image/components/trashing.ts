import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { type Image, restoreImage, trashImage } from "~/client";
import { tellWithAction } from "~/components/actionToast";
import { imageChanged } from "~/lib/images";
import { told } from "~/lib/told";
import { rememberVersion } from "../api/image";

/**
 * Moves the image of the given id to the trash. `onGone` is told once it lies there, if it is `shown` still: whoever has turned to
 * another one meanwhile, or has left, stays where they are.
 */
export function useTrash(shown: string, onGone: () => void) {
  const client = useQueryClient();
  const current = useRef<string>(undefined);
  useEffect(() => {
    current.current = shown;
    return () => {
      current.current = undefined;
    };
  }, [shown]);
  return useMutation({
    mutationFn: (id: string) => trashImage({ path: { image_id: id } }),
    onSuccess: ({ data, response }, id) => {
      take(client, data, response);
      tellWithAction("Moved to the trash.", { label: "Undo", run: () => void restore(client, id) });
      if (current.current === id) onGone();
    },
    onError: (error) => told.failed(error, "The image was not moved to the trash"),
  });
}

export function useRestore(id: string) {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => restore(client, id) });
}

async function restore(client: QueryClient, id: string): Promise<void> {
  try {
    const { data, response } = await restoreImage({ path: { image_id: id } });
    take(client, data, response);
    told.done("The image is back in the library.");
  } catch (error) {
    told.failed(error, "The image could not be restored");
  }
}

function take(client: QueryClient, image: Image, response: Response): void {
  rememberVersion(image.id, response);
  imageChanged(client, image);
}
