import { Button, SimpleGrid, Stack, Switch } from "@mantine/core";
import { IconFlipHorizontal, IconFlipVertical, IconRotate, IconRotateClockwise } from "@tabler/icons-react";
import { turned } from "../model/edit";
import { Amount } from "./Amount";
import { GroundField } from "./ColorField";
import type { PanelProps } from "./panel";

export function TurnPanel({ edit, change }: PanelProps) {
  return (
    <Stack gap="md">
      <SimpleGrid cols={2} spacing="xs" verticalSpacing="xs">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRotate size={16} aria-hidden />}
          onClick={() => change("Turn left", (before) => ({ ...before, quarters: turned(before.quarters, 3) }))}
        >
          Turn left
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRotateClockwise size={16} aria-hidden />}
          onClick={() => change("Turn right", (before) => ({ ...before, quarters: turned(before.quarters, 1) }))}
        >
          Turn right
        </Button>
        <Button
          size="xs"
          variant={edit.isMirrored ? "light" : "default"}
          aria-pressed={edit.isMirrored}
          leftSection={<IconFlipVertical size={16} aria-hidden />}
          onClick={() => change("Mirror", (before) => ({ ...before, isMirrored: !before.isMirrored }))}
        >
          Mirror
        </Button>
        <Button
          size="xs"
          variant={edit.isFlipped ? "light" : "default"}
          aria-pressed={edit.isFlipped}
          leftSection={<IconFlipHorizontal size={16} aria-hidden />}
          onClick={() => change("Flip", (before) => ({ ...before, isFlipped: !before.isFlipped }))}
        >
          Flip
        </Button>
      </SimpleGrid>
      <Amount
        label="Straighten"
        least={-45}
        most={45}
        step={0.5}
        unit="°"
        value={edit.tilt}
        onChange={(tilt) => change("Straighten", (before) => ({ ...before, tilt }))}
      />
      {edit.tilt !== 0 && (
        <Switch
          label="Cut off the empty corners"
          checked={edit.cutsCorners}
          onChange={({ currentTarget }) => {
            const cutsCorners = currentTarget.checked;
            change("Corners", (before) => ({ ...before, cutsCorners }));
          }}
        />
      )}
      {edit.tilt !== 0 && !edit.cutsCorners && (
        <GroundField
          label="Corners show"
          value={edit.cornerColor}
          onChange={(cornerColor) => change("Corners", (before) => ({ ...before, cornerColor }))}
        />
      )}
    </Stack>
  );
}
