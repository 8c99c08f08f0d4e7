import { Button, Chip, Group, NumberInput, SimpleGrid, Stack, Text } from "@mantine/core";
import type { Crop, Edit } from "../model/edit";
import { centredCrop, isWhole } from "../model/geometry";
import type { PanelProps } from "./panel";

/** Width to height of the crop: undefined is free. */
export type Ratio = number | undefined;

interface Props extends PanelProps {
  ratio: Ratio;
  onRatio: (ratio: Ratio) => void;
}

const WHOLE: Crop = { x: 0, y: 0, width: 1, height: 1 };

export function CropPanel({ edit, source, change, ratio, onRatio }: Props) {
  const original = source.width / source.height;
  const ratios: readonly (readonly [string, Ratio])[] = [
    ["Free", undefined],
    ["Original", original],
    ["1:1", 1],
    ["4:3", 4 / 3],
    ["3:2", 3 / 2],
    ["16:9", 16 / 9],
    ["3:4", 3 / 4],
    ["2:3", 2 / 3],
    ["9:16", 9 / 16],
  ];
  const chosen = ratios.find(([, each]) => each === ratio)?.[0] ?? "Free";
  const choose = (name: string) => {
    const next = ratios.find(([each]) => each === name)?.[1];
    onRatio(next);
    if (next !== undefined) change("Crop", (before) => withCrop(before, centredCrop(next, source)));
  };
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Drag over the picture, or move a handle with the arrow keys.
      </Text>
      <Chip.Group value={chosen} onChange={choose}>
        <Group gap={6} role="group" aria-label="Ratio">
          {ratios.map(([name]) => (
            <Chip key={name} value={name} size="xs" radius="sm" variant="light">
              {name}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Measures edit={edit} source={source} change={change} ratio={ratio} onRatio={onRatio} />
      <Group>
        <Button
          size="xs"
          variant="default"
          disabled={edit.crop === null}
          onClick={() => {
            onRatio(undefined);
            change("Remove the crop", (before) => ({ ...before, crop: null }));
          }}
        >
          Remove the crop
        </Button>
      </Group>
    </Stack>
  );
}

/** The same in pixels of the original, for those who know what they want, or use no pointer. */
function Measures({ edit, source, change, onRatio }: Props) {
  const crop = edit.crop ?? WHOLE;
  const set = (part: Partial<Crop>) => {
    onRatio(undefined);
    change("Crop", (before) => withCrop(before, inside({ ...(before.crop ?? WHOLE), ...part })));
  };
  const field = (label: string, name: keyof Crop, whole: number, least = 0) => (
    <NumberInput
      label={label}
      size="xs"
      suffix=" px"
      allowDecimal={false}
      min={least}
      max={whole}
      value={Math.round(crop[name] * whole)}
      onChange={(value) => {
        if (typeof value === "number") set({ [name]: value / whole });
      }}
    />
  );
  return (
    <SimpleGrid cols={2} spacing="xs" verticalSpacing="xs">
      {field("Left", "x", source.width)}
      {field("Top", "y", source.height)}
      {field("Width", "width", source.width, 1)}
      {field("Height", "height", source.height, 1)}
    </SimpleGrid>
  );
}

export function withCrop(edit: Edit, crop: Crop): Edit {
  return { ...edit, crop: isWhole(crop) ? null : crop };
}

function inside({ x, y, width, height }: Crop): Crop {
  const left = Math.min(x, 0.999);
  const top = Math.min(y, 0.999);
  return { x: left, y: top, width: Math.min(width, 1 - left), height: Math.min(height, 1 - top) };
}
