import { NativeSelect, NumberInput, Stack, Switch, Text } from "@mantine/core";
import { useCapabilities } from "~/lib/capabilities";
import type { Output } from "../model/edit";
import { formatName } from "../model/outcome";
import { Amount } from "./Amount";
import type { PanelProps } from "./panel";

const QUALITY = 80;
const BYTES_PER_KB = 1000;

export function FilePanel({ edit, change }: PanelProps) {
  const { formats } = useCapabilities();
  const { format, quality, maxBytes, metadata } = edit.output;
  const set = (label: string, part: Partial<Output>) =>
    change(label, (before) => ({ ...before, output: { ...before.output, ...part } }));
  const kind = quality === null ? "default" : quality === "auto" ? "auto" : "number";
  return (
    <Stack gap="md">
      <NativeSelect
        label="Format"
        size="sm"
        value={format}
        data={["auto", "orig", ...formats.output].map((value) => ({ value, label: formatName(value) }))}
        onChange={({ currentTarget }) => set("Format", { format: currentTarget.value })}
      />
      {format === "auto" && (
        <Text size="xs" c="dimmed" mt={-8}>
          AVIF or WebP for browsers that take them, JPEG or PNG for all others. The size is that of the latter.
        </Text>
      )}
      <NativeSelect
        label="Quality"
        size="sm"
        value={kind}
        data={[
          { value: "default", label: "The format’s own" },
          { value: "auto", label: "As little as nobody sees" },
          { value: "number", label: "A number" },
        ]}
        onChange={({ currentTarget }) => {
          const { value } = currentTarget;
          set("Quality", { quality: value === "default" ? null : value === "auto" ? "auto" : QUALITY });
        }}
      />
      {typeof quality === "number" && (
        <Amount
          label="Quality"
          least={1}
          most={100}
          step={1}
          unit=""
          value={quality}
          onChange={(next) => set("Quality", { quality: next })}
        />
      )}
      <NumberInput
        label="Largest size"
        description="The quality is lowered until the file is no larger."
        size="sm"
        suffix=" KB"
        placeholder="No limit"
        allowDecimal={false}
        allowNegative={false}
        min={1}
        max={100_000}
        value={maxBytes === null ? "" : Math.round(maxBytes / BYTES_PER_KB)}
        onChange={(value) =>
          set("Largest size", { maxBytes: typeof value === "number" && value > 0 ? value * BYTES_PER_KB : null })
        }
      />
      <Switch
        label="Say who made it"
        description="Creator and copyright stay in the file. Position and camera data never do."
        checked={metadata === "copyright"}
        onChange={({ currentTarget }) => set("Metadata", { metadata: currentTarget.checked ? "copyright" : "none" })}
      />
    </Stack>
  );
}
