/**
 * Sends files, three at a time. Loaded with the first file: nobody else needs Uppy.
 *
 * Uppy keeps the queue, the progress and the cancelling; when and by whom a file is sent again is decided here, since its own retries
 * know neither `Retry-After` nor tokens that end.
 */
import Uppy, { type Body, type Meta } from "@uppy/core";
import XHRUpload from "@uppy/xhr-upload";
import type { Image } from "~/client";
import { type ApiError, apiError } from "~/lib/problems";
import { accessToken, forgetAccessToken } from "~/lib/session";
import type { Sender, SenderEvents } from "./uploads";

const ENDPOINT = "/api/v1/images";
const AT_ONCE = 3;
/** Tries without an answer, or with one that the server is out of order, before somebody is asked to try again. */
const MOST_TRIES = 5;
const LONGEST_WAIT_MS = 30_000;

/** Failures are shown to who uploads. */
const SILENT = { debug: () => {}, warn: () => {}, error: () => {} };

/** What the API takes of the form besides the file is `on_duplicate`. */
interface FormFields extends Meta {
  key: string;
  on_duplicate: "keep" | "return";
}

interface Answer extends Body {
  image: Image;
}

export function newSender(events: SenderEvents): Sender {
  const tries = new Map<string, { count: number; isRenewed: boolean }>();
  /** What Uppy calls the file, by its key: under that everybody else knows it. */
  const names = new Map<string, string>();
  const gate = newGate(events.onWaiting);
  const uppy = new Uppy<FormFields, Answer>({ autoProceed: false, logger: SILENT });
  uppy.use(XHRUpload<FormFields, Answer>, {
    endpoint: ENDPOINT,
    fieldName: "image",
    allowedMetaFields: ["on_duplicate"],
    limit: AT_ONCE,
    timeout: 0,
    shouldRetry: () => false,
    onBeforeRequest: async (xhr, _count, files) => {
      const [file] = files;
      const token = await gate.token();
      // Cancelled meanwhile: `send` would send it nevertheless, so it is never reached.
      if (file === undefined || !names.has(file.meta.key)) return new Promise(() => {});
      if (token !== undefined) xhr.setRequestHeader("Authorization", `Bearer ${token}`);
      xhr.setRequestHeader("Idempotency-Key", file.meta.key);
      events.onSending(file.meta.key);
    },
    onAfterResponse: (xhr) => {
      if (xhr.status >= 400) throw apiError(parsed(xhr.responseText), responseOf(xhr));
    },
    getResponseData: (xhr) => ({ image: imageIn(xhr.responseText) }),
  });

  uppy.on("upload-progress", (file, { bytesUploaded }) => {
    if (file && typeof bytesUploaded === "number") events.onProgress(file.meta.key, bytesUploaded);
  });
  uppy.on("upload-success", (file, { body, status }) => {
    if (!file || !body) return;
    const { key } = file.meta;
    // A repeat is answered with what the first try may have made: that is no duplicate.
    const isRepeat = (tries.get(key)?.count ?? 0) > 0;
    events.onDone(key, body.image, status === 200 && !isRepeat);
    remove(key);
  });
  uppy.on("upload-error", (file, error) => {
    if (!file) return;
    const { key } = file.meta;
    const failure = apiError(error, undefined);
    events.onProgress(key, 0);
    if (isWorthAnother(key, failure)) again(key);
    else events.onFailed(key, failure);
  });

  function isWorthAnother(key: string, { status, retryAfter }: ApiError): boolean {
    const tried = tries.get(key) ?? { count: 0, isRenewed: false };
    if (status === 401 && !tried.isRenewed) {
      tries.set(key, { ...tried, isRenewed: true });
      forgetAccessToken();
      return true;
    }
    if (status === 429) {
      gate.close((retryAfter ?? 10) * 1000, "The server takes only so many uploads at a time");
      return true;
    }
    if (status !== 0 && status !== 503) return false;
    // Offline is no failed try: the gate opens when the connection is back.
    const count = tried.count + (navigator.onLine ? 1 : 0);
    tries.set(key, { ...tried, count: Math.max(count, 1) });
    if (count >= MOST_TRIES) return false;
    gate.close(retryAfter === undefined ? waitAfter(count) : retryAfter * 1000, "The server does not answer");
    return true;
  }

  function again(key: string): void {
    const name = names.get(key);
    if (name !== undefined) ignoringFailure(uppy.retryUpload(name));
  }

  function remove(key: string): void {
    const name = names.get(key);
    names.delete(key);
    tries.delete(key);
    if (name !== undefined) uppy.removeFile(name);
  }

  return {
    send: (sendings) => {
      for (const { file, key, onDuplicate } of sendings) {
        const { name, type } = file;
        // With its key for a path, each is one of its own, also two of the same name, size and time.
        const meta = { key, on_duplicate: onDuplicate, relativePath: key };
        names.set(key, uppy.addFile({ name, type, data: file, meta }));
      }
      ignoringFailure(uppy.upload());
    },
    retry: (key) => {
      tries.delete(key);
      gate.open();
      again(key);
    },
    remove,
    close: () => {
      names.clear();
      gate.dispose();
      uppy.destroy();
    },
  };
}

/** Each file's failure is told by its event; that of the whole is no news. */
function ignoringFailure(work: Promise<unknown>): void {
  work.catch(() => undefined);
}

function waitAfter(tries: number): number {
  return Math.min(LONGEST_WAIT_MS, 1000 * 2 ** tries);
}

interface Gate {
  /** Settles once there is a connection, nobody asks to wait, and it is known by which token to send; or when nothing is sent any more. */
  token: () => Promise<string | undefined>;
  close: (milliseconds: number, why: string) => void;
  open: () => void;
  dispose: () => void;
}

/** Holds back every file at once, so that no other is sent in vain while the server asks to wait. */
function newGate(onWaiting: SenderEvents["onWaiting"]): Gate {
  let opensAt = 0;
  const wake = new Set<() => void>();
  let isDisposed = false;
  const wakeAll = () => {
    for (const each of [...wake]) each();
  };
  const pause = (milliseconds: number | undefined) =>
    new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        wake.delete(end);
        resolve();
      };
      const timer = milliseconds === undefined ? undefined : setTimeout(end, milliseconds);
      wake.add(end);
    });
  window.addEventListener("online", wakeAll);

  /** False: it is never passed again. */
  const passed = async () => {
    while (!isDisposed) {
      if (!navigator.onLine) {
        onWaiting({ why: "Waiting for the connection" });
        await pause(undefined);
      } else if (opensAt > Date.now()) await pause(opensAt - Date.now());
      else return true;
    }
    return false;
  };
  return {
    token: async () => {
      for (let tries = 1; await passed(); tries++) {
        try {
          const token = await accessToken();
          onWaiting(undefined);
          return token;
        } catch {
          // The session could not be renewed just now.
          opensAt = Date.now() + waitAfter(tries);
        }
      }
      return undefined;
    },
    close: (milliseconds, why) => {
      opensAt = Math.max(opensAt, Date.now() + milliseconds);
      onWaiting({ why, until: opensAt });
    },
    open: () => {
      opensAt = 0;
      wakeAll();
    },
    dispose: () => {
      isDisposed = true;
      wakeAll();
      window.removeEventListener("online", wakeAll);
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function responseOf(xhr: XMLHttpRequest): Response {
  const retryAfter = xhr.getResponseHeader("Retry-After");
  return new Response(null, { status: xhr.status, headers: retryAfter === null ? {} : { "Retry-After": retryAfter } });
}

function imageIn(text: string): Image {
  const answer = parsed(text);
  if (!isImage(answer)) throw new Error("The server answered, but not with an image.");
  return answer;
}

function isImage(value: unknown): value is Image {
  return typeof value === "object" && value !== null && "id" in value && "status" in value && "variants" in value;
}
