import { Stack, Switch } from "@mantine/core";
import { Amount } from "./Amount";
import { ColorField, GroundField } from "./ColorField";
import type { PanelProps } from "./panel";

/** As far as sliders go; the API takes more. */
const WIDEST = 200;
const ROUNDEST = 500;

export function EdgesPanel({ edit, change }: PanelProps) {
  const { padding, radius, border, background } = edit;
  return (
    <Stack gap="md">
      <Amount
        label="Padding"
        least={0}
        most={WIDEST}
        step={1}
        unit="px"
        value={padding?.width ?? 0}
        onChange={(width) =>
          change("Padding", (before) => ({
            ...before,
            padding: width === 0 ? null : { background: "#ffffff", ...before.padding, width },
          }))
        }
      />
      {padding && (
        <GroundField
          label="Padding shows"
          value={padding.background}
          takesBlur
          onChange={(ground) =>
            change("Padding", (before) => ({ ...before, padding: { ...padding, background: ground } }))
          }
        />
      )}
      <Amount
        label="Round corners"
        least={0}
        most={ROUNDEST}
        step={1}
        unit="px"
        value={radius === "max" ? ROUNDEST : (radius ?? 0)}
        onChange={(next) => change("Round corners", (before) => ({ ...before, radius: next === 0 ? null : next }))}
      />
      <Switch
        label="As round as it goes"
        description="A circle of a square, a pill of anything else"
        checked={radius === "max"}
        onChange={({ currentTarget }) => {
          const isMax = currentTarget.checked;
          change("Round corners", (before) => ({ ...before, radius: isMax ? "max" : null }));
        }}
      />
      <Amount
        label="Border"
        least={0}
        most={WIDEST}
        step={1}
        unit="px"
        value={border?.width ?? 0}
        onChange={(width) =>
          change("Border", (before) => ({
            ...before,
            border: width === 0 ? null : { color: "#000000", ...before.border, width },
          }))
        }
      />
      {border && (
        <ColorField
          label="Border colour"
          value={border.color}
          onChange={(color) => change("Border", (before) => ({ ...before, border: { ...border, color } }))}
        />
      )}
      <GroundField
        label="Behind what is transparent"
        isOff="Nothing"
        value={background}
        onChange={(ground) => change("Background", (before) => ({ ...before, background: ground }))}
      />
    </Stack>
  );
}
