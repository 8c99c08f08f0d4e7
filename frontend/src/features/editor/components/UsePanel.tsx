import { Anchor, Code, Group, NativeSelect, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import type { Image, Sign, Transformed } from "~/client";
import { CopyButton } from "~/components/CopyButton";
import { LoadFailed } from "~/components/LoadFailed";
import { useCapabilities } from "~/lib/capabilities";
import { time } from "~/lib/format";
import { nameOf } from "~/lib/images";
import { useAddress, usePictureSources } from "../api/addresses";
import type { Edit, Source } from "../model/edit";
import { sourceTypeAfter } from "../model/provenance";
import { join, narrowed, outputOf, recipeOf, stepsOf } from "../model/recipe";
import { type Request, curl, fileNameFor, markdown, pictureElement, python } from "../model/snippets";
import classes from "./UsePanel.module.css";

interface Props {
  image: Image;
  source: Source;
  edit: Edit;
  outcome: Transformed | undefined;
}

const KINDS = ["URL", "HTML", "Markdown", "curl", "Python"] as const;
type Kind = (typeof KINDS)[number];

const LIVES: readonly { label: string; seconds: number }[] = [
  { label: "An hour", seconds: 3_600 },
  { label: "A day", seconds: 86_400 },
  { label: "30 days", seconds: 2_592_000 },
  { label: "A year", seconds: 31_536_000 },
];
const FOR_EVER = 0;
const MONTH = 2_592_000;

/** The edit as an address, and as what one puts into a page or a program. Nothing is rendered for it before somebody opens it. */
export function UsePanel(props: Props) {
  const isPublic = props.image.visibility === "public";
  const [kind, setKind] = useState<Kind>("URL");
  const [life, setLife] = useState(isPublic ? FOR_EVER : MONTH);
  const expiresIn = life === FOR_EVER ? undefined : life;
  const isAddress = kind === "URL" || kind === "HTML" || kind === "Markdown";
  return (
    <Stack gap="sm">
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label="Kind"
        data={[...KINDS]}
        value={kind}
        onChange={(value) => setKind(KINDS.find((each) => each === value) ?? "URL")}
      />
      {isAddress && (
        <NativeSelect
          label="The address opens for"
          size="xs"
          value={String(life)}
          onChange={({ currentTarget }) => setLife(Number(currentTarget.value))}
          data={[
            ...(isPublic ? [{ label: "As long as the image is public", value: String(FOR_EVER) }] : []),
            ...LIVES.map(({ label, seconds }) => ({ label, value: String(seconds) })),
          ]}
        />
      )}
      {kind === "HTML" ? (
        <Html {...props} expiresIn={expiresIn} />
      ) : isAddress ? (
        <Address {...props} expiresIn={expiresIn} isMarkdown={kind === "Markdown"} />
      ) : (
        <Program {...props} isPython={kind === "Python"} />
      )}
    </Stack>
  );
}

function Address({
  image,
  source,
  edit,
  expiresIn,
  isMarkdown,
}: Props & { expiresIn: number | undefined; isMarkdown: boolean }) {
  const format = extensionOf(edit);
  const recipe = join([...stepsOf(edit, source), ...outputOf(edit.output, format === undefined)]);
  const { data, error, refetch } = useAddress({ imageId: image.id, expiresIn }, recipe, format);
  if (error) return <LoadFailed error={error} what="The address" onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton h={120} />;
  return (
    <Snippet
      text={isMarkdown ? markdown(data.url, altOf(image) ?? "") : data.url}
      what={isMarkdown ? "Markdown" : "address"}
    >
      <Ends at={data.expires_at} />
      {isMarkdown && <AltNote image={image} />}
    </Snippet>
  );
}

function Html({ image, source, edit, outcome, expiresIn }: Props & { expiresIn: number | undefined }) {
  const { variant_widths } = useCapabilities();
  const widest = outcome?.width ?? 0;
  const widths = widest === 0 ? [] : [...variant_widths.filter((width) => width < widest), widest];
  const signing = { imageId: image.id, expiresIn };
  const { data, error, refetch } = usePictureSources(
    signing,
    (width) => narrowed(edit, source, width),
    widths,
    extensionOf(edit),
  );
  if (error) return <LoadFailed error={error} what="The HTML" onRetry={() => void refetch()} />;
  if (data === undefined || outcome === undefined) return <Skeleton h={160} />;
  const { width, height } = outcome;
  const sourceType = sourceTypeAfter(image.digital_source_type, edit);
  return (
    <Snippet text={pictureElement({ sources: data, width, height, alt: altOf(image), sourceType })} what="HTML">
      <Text size="xs" c="dimmed">
        {widths.length === 1 ? "One width" : `${widths.length} widths`}, in the best format that the reader’s browser
        takes.
      </Text>
      <Ends at={expiresIn === undefined ? null : new Date(endOf(data[0]?.addresses[0]?.url)).toISOString()} />
      <AltNote image={image} />
    </Snippet>
  );
}

function Program({ image, source, edit, isPython }: Props & { isPython: boolean }) {
  const { limits } = useCapabilities();
  const format = fileFormat(edit, image);
  const request: Request = {
    origin: window.location.origin,
    imageId: image.id,
    recipe: recipeOf(edit, source),
    format,
    fileName: fileNameFor(nameOf(image), format),
    isLater: source.width * source.height > limits.sync_megapixels * 1e6,
  };
  return (
    <Snippet text={isPython ? python(request) : curl(request)} what={isPython ? "Python" : "command"}>
      <Text size="xs" c="dimmed">
        AIZEN_KEY is an API key that may run transformations:{" "}
        <Anchor component={Link} to="/account/keys" size="xs">
          make one
        </Anchor>
        .{request.isLater && " So large a picture is made by a worker: the answer names its job."}
      </Text>
    </Snippet>
  );
}

function Snippet({ text, what, children }: { text: string; what: string; children: ReactNode }) {
  return (
    <Stack gap="xs">
      {/* What scrolls is reached with the keyboard too. */}
      <Code block className={classes.code} tabIndex={0} role="region" aria-label={what}>
        {text}
      </Code>
      <Group>
        <CopyButton value={text} what={what} />
      </Group>
      {children}
    </Stack>
  );
}

function Ends({ at }: { at: string | null }) {
  return (
    <Text size="xs" c="dimmed">
      {at === null
        ? "Whoever has it opens the picture, as long as the image is public."
        : `Whoever has it opens the picture until ${time(at)}, without an account. It cannot be taken back.`}
    </Text>
  );
}

function AltNote({ image }: { image: Image }) {
  if (altOf(image) !== undefined) return null;
  return (
    <Text size="xs" c="dimmed">
      It has no alt text yet. Write one on the image’s page, and it stands here.
    </Text>
  );
}

/** Only what the owner has approved. */
function altOf({ alt, alt_status }: Image): string | undefined {
  if (alt_status === "approved") return alt;
  return alt_status === "decorative" ? "" : undefined;
}

/** What the address ends with; undefined where it follows the browser, or the original. */
function extensionOf({ output }: Edit): NonNullable<Sign["format"]> | undefined {
  const formats = ["jpeg", "png", "webp", "avif", "gif", "tiff"] as const;
  return formats.find((format) => format === output.format);
}

function fileFormat({ output }: Edit, image: Image): string {
  if (output.format === "auto") return "webp";
  return output.format === "orig" ? (image.format ?? "jpeg") : output.format;
}

/** `exp` stands in the address itself, in seconds. */
function endOf(url: string | undefined): number {
  return Number(/[,/]exp=(\d+)/.exec(url ?? "")?.[1] ?? 0) * 1000;
}
