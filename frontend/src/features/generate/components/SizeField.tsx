import { Group, Input, NumberInput, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { GenerationLimits } from "~/client";
import type { Preset } from "../wish";
import { presetsOf } from "../wish";
import classes from "./SizeField.module.css";

interface Side {
  value: number | string;
  error: React.ReactNode;
}

interface Props {
  limits: GenerationLimits;
  width: Side;
  height: Side;
  onChange: (sides: { width: number | string; height: number | string }) => void;
}

const CUSTOM = "Custom";

/** Width and height: one of three shapes, or numbers. */
export function SizeField({ limits, width, height, onChange }: Props) {
  const presets = presetsOf(limits);
  const chosen = presets.find((preset) => preset.width === width.value && preset.height === height.value)?.name;
  const [isCustom, setCustom] = useState(false);
  const shown = isCustom ? CUSTOM : (chosen ?? CUSTOM);
  const choose = (name: string) => {
    const preset = presets.find((each) => each.name === name);
    setCustom(preset === undefined);
    if (preset) onChange(preset);
  };
  const bounds = {
    min: limits.smallest_side,
    max: limits.largest_side,
    allowDecimal: false,
    clampBehavior: "none",
  } as const;
  return (
    <div>
      <Input.Label id="size">Size</Input.Label>
      <SegmentedControl
        fullWidth
        aria-labelledby="size"
        value={shown}
        onChange={choose}
        data={[
          ...presets.map((preset) => ({ value: preset.name, label: <Shape preset={preset} /> })),
          { value: CUSTOM, label: <Shape /> },
        ]}
      />
      {shown === CUSTOM ? (
        <Group grow gap="xs" mt="xs" align="flex-start">
          <NumberInput
            label="Width"
            {...bounds}
            {...width}
            suffix=" px"
            onChange={(value) => onChange({ width: value, height: height.value })}
          />
          <NumberInput
            label="Height"
            {...bounds}
            {...height}
            suffix=" px"
            onChange={(value) => onChange({ width: width.value, height: value })}
          />
        </Group>
      ) : (
        <Input.Description mt={4}>
          {width.value} × {height.value} pixels
        </Input.Description>
      )}
    </div>
  );
}

/** The shape of a picture of these sides; dashed where they are still to be told. */
function Shape({ preset }: { preset?: Preset }) {
  return (
    <span className={classes.choice}>
      <span className={classes.box} aria-hidden>
        <span
          className={classes.shape}
          data-custom={preset === undefined || undefined}
          style={preset && { aspectRatio: `${preset.width} / ${preset.height}` }}
          data-tall={preset && preset.height > preset.width ? true : undefined}
        />
      </span>
      {preset?.name ?? CUSTOM}
    </span>
  );
}
