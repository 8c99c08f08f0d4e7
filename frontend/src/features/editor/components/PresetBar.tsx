import { Button, Group, Text } from "@mantine/core";
import { useMemo } from "react";
import { useCapabilities } from "~/lib/capabilities";
import { labelOf } from "../model/filters";
import { editOf, startedFrom } from "../model/presets";
import type { PanelProps } from "./panel";

/** The installation's presets as beginnings. One that says more than the controls here do is left out: it would lose something. */
export function PresetBar({ change }: Pick<PanelProps, "change">) {
  const { presets, filters } = useCapabilities();
  const known = useMemo(
    () =>
      presets.flatMap(({ name, recipe }) => {
        const edit = editOf(recipe, filters);
        return edit === undefined ? [] : [{ name, recipe, edit }];
      }),
    [presets, filters],
  );
  if (known.length === 0) return null;
  return (
    <Group gap={6} px={{ base: 0, sm: "md" }} pt={{ base: 0, sm: "md" }} pb="sm" role="group" aria-labelledby="presets">
      <Text size="sm" c="dimmed" id="presets" mr={4}>
        Start from
      </Text>
      {known.map(({ name, recipe, edit }) => (
        <Button
          key={name}
          size="compact-xs"
          variant="default"
          title={recipe}
          onClick={() => change(`Preset ${name}`, (before) => startedFrom(edit, before))}
        >
          {labelOf({ name })}
        </Button>
      ))}
    </Group>
  );
}
