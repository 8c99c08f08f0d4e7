import { ColorInput, NativeSelect, Stack } from "@mantine/core";

const SWATCHES = ["#ffffff", "#000000", "#868e96", "#2a55a4", "#2f9e44", "#f08c00", "#e03131"];

interface ColorProps {
  label: string;
  value: string;
  onChange: (color: string) => void;
}

export function ColorField({ label, value, onChange }: ColorProps) {
  return (
    <ColorInput
      label={label}
      size="sm"
      format="hexa"
      withEyeDropper={false}
      swatches={SWATCHES}
      // The dialog keeps the focus in itself; the picker has to be part of it.
      popoverProps={{ withinPortal: false }}
      value={value}
      onChange={onChange}
    />
  );
}

interface GroundProps {
  label: string;
  value: string | null;
  onChange: (background: string | null) => void;
  /** Whether the picture itself, blurred, may stand there. */
  takesBlur?: boolean;
  isOff?: string;
}

/** What shows where there is no picture: nothing, a colour, or the picture itself, blurred. */
export function GroundField({ label, value, onChange, takesBlur = false, isOff = "Transparent" }: GroundProps) {
  const kind = value === null ? "none" : value === "blur" ? "blur" : "color";
  return (
    <Stack gap="xs">
      <NativeSelect
        label={label}
        size="sm"
        value={kind}
        onChange={({ currentTarget }) => {
          const next = currentTarget.value;
          onChange(next === "none" ? null : next === "blur" ? "blur" : "#ffffff");
        }}
        data={[
          { value: "none", label: isOff },
          { value: "color", label: "A colour" },
          ...(takesBlur ? [{ value: "blur", label: "The picture, blurred" }] : []),
        ]}
      />
      {kind === "color" && <ColorField label={`${label}: colour`} value={value ?? ""} onChange={onChange} />}
    </Stack>
  );
}
