/** What is uploaded in this window, from the file that is chosen to the description of the image that it becomes. */
import type { Capabilities, Image } from "~/client";
import { newIdempotencyKey } from "~/lib/idempotency";
import { isUnfinished } from "~/lib/images";
import { type ApiError, messageOf } from "~/lib/problems";
import { isTaken, refusalOf } from "./checks";

export type UploadState = "waiting" | "uploading" | "processing" | "describing" | "done" | "failed";

export interface Upload {
  key: string;
  name: string;
  size: number;
  state: UploadState;
  /** Bytes that have arrived. */
  sent: number;
  /** There until it has become an image; none for one that the server fetches. */
  file: File | undefined;
  image: Image | undefined;
  /** The image is one that was there before. */
  isDuplicate: boolean;
  /** Why it has failed, or what is missing of it. */
  reason: string | undefined;
  /** It may work another time. */
  canRetry: boolean;
}

/** Why nothing is sent just now; with a time where it is known. */
export interface Waiting {
  why: string;
  until?: number;
}

export interface Snapshot {
  uploads: readonly Upload[];
  waiting: Waiting | undefined;
  /** How many files of a folder are no pictures and were left out. */
  leftOut: number;
  /** How many files and folders that were dropped could not be read. */
  unreadable: number;
}

export interface Sending {
  key: string;
  file: File;
  onDuplicate: "keep" | "return";
}

export interface Sender {
  send: (sendings: readonly Sending[]) => void;
  retry: (key: string) => void;
  remove: (key: string) => void;
  close: () => void;
}

export interface SenderEvents {
  onSending: (key: string) => void;
  onProgress: (key: string, sent: number) => void;
  onDone: (key: string, image: Image, isDuplicate: boolean) => void;
  onFailed: (key: string, error: ApiError) => void;
  onWaiting: (waiting: Waiting | undefined) => void;
}

export type NewSender = (events: SenderEvents) => Sender;

const EMPTY: Snapshot = { uploads: [], waiting: undefined, leftOut: 0, unreadable: 0 };

export class Uploads {
  #snapshot = EMPTY;
  #sender: Promise<Sender> | undefined;
  #isClosed = false;
  readonly #listeners = new Set<() => void>();
  readonly #loadSender: () => Promise<NewSender>;
  readonly #onNewImage: () => void;

  constructor({ loadSender, onNewImage }: { loadSender: () => Promise<NewSender>; onNewImage: () => void }) {
    this.#loadSender = loadSender;
    this.#onNewImage = onNewImage;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot => this.#snapshot;

  /** Of a folder only the pictures are taken; of files that somebody has chosen each is answered for. */
  add(
    files: readonly File[],
    can: Pick<Capabilities, "limits" | "formats">,
    { isFolder = false, unreadable = 0 } = {},
  ): void {
    const wanted = isFolder ? files.filter((file) => isTaken(file, can.formats.input)) : files;
    const added = wanted.map((file) => newUpload(file, refusalOf(file, can)));
    const was = this.#snapshot;
    this.#change({
      uploads: [...was.uploads, ...added],
      leftOut: was.leftOut + files.length - wanted.length,
      unreadable: was.unreadable + unreadable,
    });
    this.#send(added.filter(({ state }) => state === "waiting"));
  }

  /** An image that the server has fetched by itself. */
  follow(image: Image, name: string): void {
    const upload = { ...newUpload({ name, size: image.bytes }, undefined), sent: image.bytes, ...progressOf(image) };
    this.#change({ uploads: [...this.#snapshot.uploads, { ...upload, image, file: undefined }] });
    this.#onNewImage();
  }

  /** What is under way is broken off; what has become an image stays one. */
  cancel(key: string): void {
    this.#change({ uploads: this.#snapshot.uploads.filter((upload) => upload.key !== key) });
    void this.#sender?.then((sender) => sender.remove(key));
  }

  retry(key: string): void {
    this.#update(key, { state: "waiting", reason: undefined, sent: 0 });
    void this.#sender?.then((sender) => sender.retry(key));
  }

  retryFailed(): void {
    for (const { key, state, canRetry } of this.#snapshot.uploads) if (state === "failed" && canRetry) this.retry(key);
  }

  /** Uploads it after all, beside the one that was there. */
  keepBoth(key: string): void {
    const found = this.#snapshot.uploads.find((upload) => upload.key === key);
    if (found?.file === undefined) return;
    const again = newUpload(found.file, undefined);
    this.#change({ uploads: this.#snapshot.uploads.map((upload) => (upload.key === key ? again : upload)) });
    this.#send([again], "keep");
  }

  clearFinished(): void {
    const left = this.#snapshot.uploads.filter(({ state }) => state !== "done" && state !== "failed");
    for (const { key, state } of this.#snapshot.uploads)
      if (state === "failed") void this.#sender?.then((sender) => sender.remove(key));
    this.#change({ uploads: left, leftOut: 0, unreadable: 0 });
  }

  /** What has become of images since. One that is gone is not waited for. */
  now(images: readonly Image[], gone: readonly string[] = []): void {
    const known = new Map(images.map((image) => [image.id, image]));
    const uploads = this.#snapshot.uploads.map((upload) => {
      if (upload.image === undefined || upload.state === "done" || upload.state === "failed") return upload;
      if (gone.includes(upload.image.id)) return { ...upload, state: "done" as const };
      const image = known.get(upload.image.id);
      return image === undefined ? upload : { ...upload, image, ...progressOf(image) };
    });
    this.#change({ uploads });
  }

  close(): void {
    this.#isClosed = true;
    void this.#sender?.then((sender) => sender.close());
    this.#sender = undefined;
    this.#change(EMPTY);
  }

  /** Also after a first mount that was none, as strict mode has it. */
  reopen(): void {
    this.#isClosed = false;
  }

  #send(uploads: readonly Upload[], onDuplicate: Sending["onDuplicate"] = "return"): void {
    if (uploads.length === 0) return;
    this.#sender ??= this.#loadSender().then((newSender) => newSender(this.#events()));
    this.#sender.then(
      (sender) => {
        // Some may have been cancelled while the sender was loaded.
        const left = new Set(this.#snapshot.uploads.map(({ key }) => key));
        const sendings = uploads.flatMap(({ key, file }) =>
          file && left.has(key) ? [{ key, file, onDuplicate }] : [],
        );
        if (!this.#isClosed && sendings.length > 0) sender.send(sendings);
      },
      (error: unknown) => {
        // A new version may have been installed while this page was open: its parts are gone.
        this.#sender = undefined;
        const reason = `The uploader could not be loaded. Reload the page. (${messageOf(error)})`;
        for (const { key } of uploads) this.#update(key, { state: "failed", reason, canRetry: false });
      },
    );
  }

  #events(): SenderEvents {
    return {
      onSending: (key) => this.#update(key, { state: "uploading" }),
      onProgress: (key, sent) => this.#update(key, { sent }),
      onDone: (key, image, isDuplicate) => {
        const size = this.#snapshot.uploads.find((upload) => upload.key === key)?.size ?? 0;
        // The file is kept where it may be wanted once more.
        this.#update(key, {
          ...progressOf(image),
          image,
          isDuplicate,
          sent: size,
          ...(!isDuplicate && { file: undefined }),
        });
        if (isDuplicate) this.#update(key, { state: "done", reason: undefined });
        else this.#onNewImage();
      },
      onFailed: (key, error) =>
        this.#update(key, { state: "failed", reason: reasonOf(error), canRetry: error.status !== 415 }),
      onWaiting: (waiting) => {
        if (waiting !== this.#snapshot.waiting) this.#change({ waiting });
      },
    };
  }

  #update(key: string, change: Partial<Upload>): void {
    if (!this.#snapshot.uploads.some((upload) => upload.key === key)) return;
    const update = (upload: Upload) => (upload.key === key ? { ...upload, ...change } : upload);
    this.#change({ uploads: this.#snapshot.uploads.map(update) });
  }

  #change(change: Partial<Snapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function newUpload(file: File | { name: string; size: number }, refusal: string | undefined): Upload {
  return {
    key: newIdempotencyKey(),
    name: file.name,
    size: file.size,
    state: refusal === undefined ? "waiting" : "failed",
    sent: 0,
    file: file instanceof File && refusal === undefined ? file : undefined,
    image: undefined,
    isDuplicate: false,
    reason: refusal,
    canRetry: refusal === undefined,
  };
}

/** Where an image stands on its way. */
export function progressOf(image: Image): Pick<Upload, "state" | "reason" | "canRetry"> {
  if (image.status === "failed")
    return { state: "failed", reason: "Its sizes could not be made. Open it to try again.", canRetry: false };
  if (image.status !== "ready") return { state: "processing", reason: undefined, canRetry: false };
  if (isUnfinished(image)) return { state: "describing", reason: undefined, canRetry: false };
  const reason = image.ai.status === "failed" ? "It could not be described. Open it to try again." : undefined;
  return { state: "done", reason, canRetry: false };
}

/** The API's own words, with what it says of single fields. */
function reasonOf(error: ApiError): string {
  const details = error.fields.map(({ detail }) => detail);
  return details.length > 0 ? details.join(" ") : error.message;
}

export interface Totals {
  all: number;
  /** New, and described. */
  done: number;
  /** Were here before, and are not there once more. */
  duplicates: number;
  failed: number;
  /** Not all of it has arrived. */
  sending: number;
  /** Arrived, and worked on. */
  working: number;
  /** Of all bytes that are to arrive, in percent. */
  percent: number;
}

export function totalsOf(uploads: readonly Upload[]): Totals {
  const count = (...states: UploadState[]) => uploads.filter(({ state }) => states.includes(state)).length;
  const duplicates = uploads.filter(({ isDuplicate }) => isDuplicate).length;
  const counted = uploads.filter(({ state, image }) => state !== "failed" || image !== undefined);
  const [sent, size] = [sum(counted.map((upload) => upload.sent)), sum(counted.map((upload) => upload.size))];
  return {
    all: uploads.length,
    done: count("done") - duplicates,
    duplicates,
    failed: count("failed"),
    sending: count("waiting", "uploading"),
    working: count("processing", "describing"),
    percent: size === 0 ? 100 : Math.floor((sent / size) * 100),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
