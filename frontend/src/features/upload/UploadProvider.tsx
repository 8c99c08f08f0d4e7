import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, Suspense, lazy, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { showProfileQueryKey } from "~/client/@tanstack/react-query.gen";
import { useCapabilities } from "~/lib/capabilities";
import { imagesAdded } from "~/lib/images";
import { useUnloadWarning } from "~/lib/leaving";
import { UploadingContext } from "~/lib/uploading";
import { acceptOf } from "./checks";
import { DropVeil } from "./components/DropVeil";
import { useFollowing } from "./following";
import { usePaste } from "./pasting";
import { Uploads, totalsOf } from "./uploads";

const AddressDialog = lazy(() =>
  import("./components/AddressDialog").then(({ AddressDialog: found }) => ({ default: found })),
);
const Tray = lazy(() => import("./components/Tray").then(({ Tray: found }) => ({ default: found })));
const loadSender = () => import("./sender").then(({ newSender }) => newSender);
/** Nothing that somebody looks at waits for this; and an upload may then begin without a network, and waits for that. */
const LOADED_AHEAD_AFTER_MS = 1500;

/** Uploads go on wherever in the application somebody is; files may be dropped and pasted anywhere. */
export function UploadProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const capabilities = useCapabilities();
  const [uploads] = useState(() => new Uploads({ loadSender, onNewImage: () => void imagesAdded(client) }));
  const snapshot = useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const { uploads: all, leftOut, unreadable } = snapshot;
  const [isAsking, setAsking] = useState(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  useEffect(() => {
    uploads.reopen();
    return () => uploads.close();
  }, [uploads]);
  useEffect(() => {
    const timer = setTimeout(
      () => void Promise.allSettled([loadSender(), import("./components/Tray")]),
      LOADED_AHEAD_AFTER_MS,
    );
    return () => clearTimeout(timer);
  }, []);
  const { sending, working } = totalsOf(all);
  // To close the page breaks them off.
  useUnloadWarning(sending > 0);
  const followed = all.flatMap(({ state, image }) =>
    image && (state === "processing" || state === "describing") ? [image.id] : [],
  );
  useFollowing(uploads, followed);
  // What is described by now stands in the lists; and what is used of the quota beside them.
  const isAtRest = sending + working === 0;
  useEffect(() => {
    if (!isAtRest || all.length === 0) return;
    void imagesAdded(client);
    void client.invalidateQueries({ queryKey: showProfileQueryKey() });
  }, [isAtRest, all.length, client]);

  const uploading = useMemo(
    () => ({
      pick: () => files.current?.click(),
      pickFolder: () => folder.current?.click(),
      askForAddress: () => setAsking(true),
      add: (added: readonly File[]) => uploads.add(added, capabilities),
    }),
    [uploads, capabilities],
  );
  usePaste(uploading.add);
  const take = (input: HTMLInputElement, isFolder: boolean) => {
    uploads.add([...(input.files ?? [])], capabilities, { isFolder });
    // The same file may be chosen again.
    input.value = "";
  };
  const hidden = { type: "file", multiple: true, hidden: true, tabIndex: -1 } as const;

  return (
    <UploadingContext value={uploading}>
      {children}
      <input
        ref={files}
        {...hidden}
        aria-label="Files to upload"
        accept={acceptOf(capabilities.formats.input)}
        onChange={(event) => take(event.currentTarget, false)}
      />
      <input
        ref={folder}
        {...hidden}
        aria-label="Folder to upload"
        webkitdirectory=""
        onChange={(event) => take(event.currentTarget, true)}
      />
      <DropVeil
        onDrop={({ files: dropped, hasFolders, unreadable: lost }) =>
          uploads.add(dropped, capabilities, { isFolder: hasFolders, unreadable: lost })
        }
      />
      <Suspense fallback={null}>
        {isAsking && (
          <AddressDialog onClose={() => setAsking(false)} onFetched={(image, name) => uploads.follow(image, name)} />
        )}
        {(all.length > 0 || leftOut + unreadable > 0) && <Tray {...snapshot} actions={uploads} />}
      </Suspense>
    </UploadingContext>
  );
}
