/** Who or what has made what is shown and said, in words. */
import type { Ai, Image } from "~/client";

const OFFLINE = "offline";

const SOURCES: Readonly<Record<Image["source"], string>> = {
  upload: "Uploaded",
  url: "Fetched from an address",
  generation: "Generated",
  transformation: "Made from another image",
};

/** The IPTC's digital source types that its own newscodes name; a term that is not among them is shown as it stands. */
const DIGITAL_SOURCES: Readonly<Record<string, string>> = {
  trainedAlgorithmicMedia: "Made by an AI model",
  compositeWithTrainedAlgorithmicMedia: "Made or changed with the help of an AI model",
  compositeSynthetic: "A composite with parts made by an AI model",
  algorithmicMedia: "Drawn by code; no AI model was involved",
  algorithmicallyEnhanced: "Improved by an algorithm",
  digitalCapture: "Taken with a digital camera",
  computationalCapture: "Taken with a camera that computes the picture",
  negativeFilm: "Scanned from a negative",
  positiveFilm: "Scanned from a positive",
  print: "Scanned from a print",
  digitalCreation: "Drawn by a person with software",
  digitalArt: "Drawn by a person with software",
  humanEdits: "Changed by a person",
  composite: "A composite",
  compositeCapture: "A composite of photographs",
  screenCapture: "A picture of a screen",
  virtualRecording: "Recorded in a virtual scene",
};

export function sourceInWords(source: Image["source"]): string {
  return SOURCES[source];
}

export function digitalSourceInWords(term: string | null): string | undefined {
  return term === null ? undefined : (DIGITAL_SOURCES[term] ?? term);
}

/** Whether the describer only measured: its words are no suggestion of what a picture shows. */
export function isMeasured(ai: Ai): boolean {
  return ai.provider === OFFLINE;
}

export function describerOf(ai: Ai): string {
  return [ai.provider, ai.model].filter(Boolean).join(" ") || "a model";
}

/** What a person should know of who drew a generated picture. */
export function painterOf({ provider, model }: NonNullable<Image["generation"]>): string {
  if (provider === OFFLINE) return "No model: drawn by code from the prompt";
  return [provider, model].filter(Boolean).join(" ") || "Not known yet";
}
