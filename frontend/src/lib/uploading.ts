/** How any screen asks for uploads; `features/upload` does them. */
import { createContext, useContext } from "react";

export interface Uploading {
  /** The browser's own dialog is shown, in which files are chosen. */
  pick: () => void;
  pickFolder: () => void;
  /** An image is fetched by the server from an address that is asked for. */
  askForAddress: () => void;
  add: (files: readonly File[]) => void;
}

export const UploadingContext = createContext<Uploading | undefined>(undefined);

/** Only inside the provider: where somebody is signed in. */
export function useUploading(): Uploading {
  const found = useContext(UploadingContext);
  if (found === undefined) throw new Error("Nobody is signed in who could upload.");
  return found;
}
