/** What the form holds, and what of it is sent: everything for a new picture, only what was changed for a remix. */
import type { Generate, GenerationLimits, Image, Remix } from "~/client";

/** The form's values. A number that is not filled in is "", as Mantine's inputs have it. */
export interface Wish extends Record<string, unknown> {
  prompt: string;
  negative_prompt: string;
  width: number | string;
  height: number | string;
  /** Whether `seed` is sent; else the API draws one. */
  isSeedKept: boolean;
  seed: number | string;
  steps: number | string;
  model: string;
  title: string;
  tags: string[];
}

export interface Preset {
  name: "Square" | "Landscape" | "Portrait";
  width: number;
  height: number;
}

/** Models round to such steps; presets are made of them. */
const STEP = 8;

export function emptyWish(limits: GenerationLimits): Wish {
  return {
    prompt: "",
    negative_prompt: "",
    width: limits.default_side,
    height: limits.default_side,
    isSeedKept: false,
    seed: "",
    steps: "",
    model: "",
    title: "",
    tags: [],
  };
}

/** The form as it was when `image` was ordered, but for the seed: it is there, to be kept by whoever wants it. */
export function wishOf(image: Pick<Image, "prompt" | "generation" | "title" | "tags">, limits: GenerationLimits): Wish {
  const { generation } = image;
  if (generation === null) return { ...emptyWish(limits), prompt: image.prompt ?? "" };
  const { model } = generation;
  return {
    prompt: image.prompt ?? "",
    negative_prompt: generation.negative_prompt ?? "",
    ...within(generation, limits),
    isSeedKept: false,
    seed: generation.seed,
    steps: generation.steps ?? "",
    // Who painted it may not be asked any more; then the first one is, as the API would.
    model: model !== null && limits.models.includes(model) ? model : "",
    title: image.title,
    tags: image.tags,
  };
}

/** Sides that were possible once, in their proportion, where the bound is lower than it was. */
function within(sides: { width: number; height: number }, limits: GenerationLimits) {
  const scale = Math.min(1, limits.largest_side / Math.max(sides.width, sides.height));
  const scaled = (side: number) => Math.max(limits.smallest_side, Math.round(side * scale));
  return { width: scaled(sides.width), height: scaled(sides.height) };
}

/** The body of POST /generate: what is filled in. */
export function orderOf(wish: Wish): Generate {
  const { negative_prompt, model, title, tags } = wish;
  const width = numberOf(wish.width);
  const height = numberOf(wish.height);
  const steps = numberOf(wish.steps);
  return {
    prompt: wish.prompt.trim(),
    ...(negative_prompt.trim() && { negative_prompt: negative_prompt.trim() }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...seedOf(wish),
    ...(steps !== undefined && { steps }),
    ...(model && { model }),
    ...(title.trim() && { title: title.trim() }),
    ...(tags.length > 0 && { tags }),
  };
}

/**
 * The body of POST /images/{id}/remix: what is otherwise than in `former`, the form as that image has filled it. The rest is the API's to
 * take over. A seed is named only to be kept, and what is emptied again (steps, model) cannot be said, so it stays as it was.
 */
export function changesOf(wish: Wish, former: Wish): Remix {
  const width = changed(numberOf(wish.width), numberOf(former.width));
  const height = changed(numberOf(wish.height), numberOf(former.height));
  const steps = changed(numberOf(wish.steps), numberOf(former.steps));
  const prompt = changed(wish.prompt.trim(), former.prompt.trim());
  const negative = changed(wish.negative_prompt.trim(), former.negative_prompt.trim());
  const title = changed(wish.title.trim(), former.title.trim());
  const model = changed(wish.model, former.model);
  return {
    ...(prompt !== undefined && { prompt }),
    ...(negative !== undefined && { negative_prompt: negative }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...seedOf(wish),
    ...(steps !== undefined && { steps }),
    ...(model && { model }),
    ...(title !== undefined && { title }),
    ...(wish.tags.join("\n") !== former.tags.join("\n") && { tags: wish.tags }),
  };
}

function changed<Value>(now: Value, before: Value): Value | undefined {
  return now === before ? undefined : now;
}

function seedOf(wish: Wish): { seed?: number } {
  const seed = wish.isSeedKept ? numberOf(wish.seed) : undefined;
  return seed === undefined ? {} : { seed };
}

function numberOf(value: number | string): number | undefined {
  return value === "" || !Number.isFinite(Number(value)) ? undefined : Number(value);
}

/** Three shapes, the longer side as long as the installation's own, as far as it makes such sides. */
export function presetsOf({ default_side, smallest_side, largest_side }: GenerationLimits): Preset[] {
  const long = Math.min(default_side, largest_side);
  const short = Math.max(smallest_side, Math.round((long * 3) / 4 / STEP) * STEP);
  return [
    { name: "Square", width: long, height: long },
    { name: "Landscape", width: long, height: short },
    { name: "Portrait", width: short, height: long },
  ];
}

/** What is wrong with a side, in the API's words; null for nothing. */
export function sideProblem(value: number | string, { smallest_side, largest_side }: GenerationLimits): string | null {
  const side = numberOf(value);
  const isPossible = side !== undefined && Number.isInteger(side) && side >= smallest_side && side <= largest_side;
  return isPossible ? null : `Must be between ${smallest_side} and ${largest_side}.`;
}

/** The API counts code points, and so is it done here: an emoji is one character. */
export function lengthOf(text: string): number {
  return Array.from(text.trim()).length;
}

export function promptProblem(text: string, { prompt_characters }: GenerationLimits): string | null {
  const length = lengthOf(text);
  if (length === 0) return "Say what the picture is to show.";
  return length > prompt_characters ? `May have at most ${prompt_characters} characters.` : null;
}
