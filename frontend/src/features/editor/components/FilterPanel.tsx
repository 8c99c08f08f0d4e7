import { Chip, Group, Stack, Text } from "@mantine/core";
import type { Filter } from "~/client";
import { useCapabilities } from "~/lib/capabilities";
import { controlsOf, initialValues, isAdjustment, labelOf, useOf as usedIn, withFilter } from "../model/filters";
import { Amount } from "./Amount";
import { ColorField } from "./ColorField";
import type { PanelProps } from "./panel";

/** Sliders for what goes both ways, and below them everything else that the API has, to be switched on. */
export function FilterPanel({ edit, change }: PanelProps) {
  const { filters } = useCapabilities();
  const set = (filter: Filter, values: Readonly<Record<string, number | string>> | null) =>
    change(labelOf(filter), (before) => withFilter(before, filter.name, values, filters));
  const effects = filters.filter((filter) => !isAdjustment(filter));
  return (
    <Stack gap="md">
      {filters.filter(isAdjustment).map((filter) => (
        <Adjustment key={filter.name} filter={filter} values={usedIn(edit, filter.name)?.values} set={set} />
      ))}
      <Text size="sm" fw={600} component="h3" mt="xs">
        Effects
      </Text>
      <Group gap={6} role="group" aria-label="Effects">
        {effects.map((filter) => (
          <Chip
            key={filter.name}
            size="xs"
            radius="sm"
            variant="light"
            title={filter.does}
            checked={usedIn(edit, filter.name) !== undefined}
            onChange={(isOn) => set(filter, isOn ? initialValues(filter) : null)}
          >
            {labelOf(filter)}
          </Chip>
        ))}
      </Group>
      {effects.map((filter) => {
        const use = usedIn(edit, filter.name);
        return use && <Parameters key={filter.name} filter={filter} values={use.values} set={set} />;
      })}
    </Stack>
  );
}

interface FilterProps<Values> {
  filter: Filter;
  values: Values;
  set: (filter: Filter, values: Readonly<Record<string, number | string>> | null) => void;
}

function Adjustment({ filter, values, set }: FilterProps<Readonly<Record<string, number | string>> | undefined>) {
  return [...controlsOf(filter).values()].map((control) => {
    if (control.kind !== "number") return null;
    const value = values?.[control.name];
    return (
      <Amount
        key={control.name}
        {...control}
        label={labelOf(filter)}
        value={typeof value === "number" ? value : control.initial}
        onChange={(next) => set(filter, next === control.initial ? null : { [control.name]: next })}
      />
    );
  });
}

function Parameters({ filter, values, set }: FilterProps<Readonly<Record<string, number | string>>>) {
  const controls = [...controlsOf(filter).values()];
  return controls.map((control) => {
    const label =
      control.kind === "number" && control.label === "Amount"
        ? labelOf(filter)
        : `${labelOf(filter)}: ${control.label.toLowerCase()}`;
    const value = values[control.name];
    const onChange = (next: number | string) => set(filter, { ...values, [control.name]: next });
    return control.kind === "number" ? (
      <Amount
        key={control.name}
        {...control}
        label={label}
        value={typeof value === "number" ? value : control.initial}
        onChange={onChange}
      />
    ) : (
      <ColorField key={control.name} label={label} value={String(value ?? control.initial)} onChange={onChange} />
    );
  });
}
