import { Group, Slider, Text } from "@mantine/core";
import { type NumberControl, told } from "../model/filters";

interface Props extends Pick<NumberControl, "label" | "least" | "most" | "step" | "unit"> {
  value: number;
  onChange: (value: number) => void;
}

/** A number on a slider, which says its value with its unit, to screen readers too. */
export function Amount({ label, least, most, step, unit, value, onChange }: Props) {
  const say = (now: number) => told(now, { unit });
  return (
    <div>
      <Group justify="space-between" wrap="nowrap" gap="xs" mb={6} aria-hidden>
        <Text size="sm">{label}</Text>
        <Text size="sm" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
          {say(value)}
        </Text>
      </Group>
      <Slider
        size="sm"
        thumbSize={18}
        min={least}
        max={most}
        step={step}
        value={value}
        label={null}
        {...(least < 0 && most > 0 && { startPointValue: 0 })}
        thumbLabel={label}
        thumbValueText={say}
        onChange={(next) => onChange(Number(next.toFixed(2)))}
      />
    </div>
  );
}
