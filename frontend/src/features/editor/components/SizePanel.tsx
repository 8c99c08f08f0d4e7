import { Group, NativeSelect, NumberInput, Stack, Switch, Text } from "@mantine/core";
import { useCapabilities } from "~/lib/capabilities";
import { count } from "~/lib/format";
import { FITS, type Fit, PLACES, PLACE_NAMES, RESIZE, type Resize } from "../model/edit";
import { resizedSides, turnedSides } from "../model/geometry";
import { GroundField } from "./ColorField";
import type { PanelProps } from "./panel";

const FIT_NAMES: Readonly<Record<Fit, string>> = {
  contain: "Fit inside",
  cover: "Fill, and cut what is over",
  pad: "Fit, and fill the rest",
  stretch: "Stretch",
};

export function SizePanel({ edit, source, change }: PanelProps) {
  const most = useCapabilities().limits.transform_side;
  const resize = edit.resize ?? RESIZE;
  const full = turnedSides(edit, source);
  const shown = resizedSides(edit.resize, full);
  const keepsRatio = resize.width === null || resize.height === null;
  const set = (part: Partial<Resize>, label = "Size") =>
    change(label, (before) => ({ ...before, resize: { ...(before.resize ?? RESIZE), ...part } }));
  const field = (label: string, side: "width" | "height", other: "width" | "height") => (
    <NumberInput
      label={label}
      size="sm"
      suffix=" px"
      allowDecimal={false}
      allowNegative={false}
      min={1}
      max={most}
      value={Math.round(resize[side] ?? shown[side])}
      onChange={(value) => {
        if (typeof value === "number") set({ [side]: value, ...(keepsRatio && { [other]: null }) });
      }}
    />
  );
  return (
    <Stack gap="md">
      <Group grow gap="xs">
        {field("Width", "width", "height")}
        {field("Height", "height", "width")}
      </Group>
      <Switch
        label="Keep the proportions"
        checked={keepsRatio}
        onChange={({ currentTarget }) => {
          const { width, height } = shown;
          if (currentTarget.checked) set({ width: resize.width, height: null, fit: "contain" }, "Proportions");
          else set({ width: Math.round(width), height: Math.round(height), fit: "cover" }, "Proportions");
        }}
      />
      {!keepsRatio && <Fitting resize={resize} set={set} />}
      <Switch
        label="Enlarge if it is smaller"
        checked={resize.enlarge}
        onChange={({ currentTarget }) => set({ enlarge: currentTarget.checked }, "Enlarge")}
      />
      <Text size="xs" c="dimmed">
        Without a change: {count(Math.round(full.width))} × {count(Math.round(full.height))} px. No side may be longer
        than {count(most)} px.
      </Text>
    </Stack>
  );
}

function Fitting({ resize, set }: { resize: Resize; set: (part: Partial<Resize>, label: string) => void }) {
  return (
    <>
      <NativeSelect
        label="If the shape differs"
        size="sm"
        value={resize.fit}
        data={FITS.map((value) => ({ value, label: FIT_NAMES[value] }))}
        onChange={({ currentTarget }) => {
          const fit = FITS.find((each) => each === currentTarget.value);
          if (fit !== undefined) set({ fit }, "Fit");
        }}
      />
      {resize.fit === "cover" && (
        <NativeSelect
          label="Keep"
          size="sm"
          value={resize.gravity ?? "focal"}
          data={[
            { value: "focal", label: "Around the focal point" },
            { value: "auto", label: "What is worth seeing" },
            ...PLACES.map((value) => ({ value, label: PLACE_NAMES[value] })),
          ]}
          onChange={({ currentTarget }) => {
            const { value } = currentTarget;
            set({ gravity: value === "focal" ? null : value }, "What is kept");
          }}
        />
      )}
      {resize.fit === "pad" && (
        <GroundField
          label="Fill with"
          value={resize.background}
          takesBlur
          onChange={(background) => set({ background }, "Background")}
        />
      )}
    </>
  );
}
