import { Autocomplete, Button, Indicator, Popover, Select, Stack } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useState } from "react";
import { type Filters, LABELS, SOURCES, STATUSES, VISIBILITIES, countOf } from "../filters";

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
  /** Tags that are offered: those of the images at hand. */
  tags: readonly string[];
}

export function FilterMenu({ filters, onChange, tags }: Props) {
  const [isOpen, setOpen] = useState(false);
  const count = countOf(filters);
  return (
    <Popover opened={isOpen} onChange={setOpen} width={280} position="bottom-end" shadow="md" trapFocus withinPortal>
      {/* Around the target, which must be the button itself for what is said of it. */}
      <Indicator label={count} size={18} disabled={count === 0} aria-hidden={false}>
        <Popover.Target>
          <Button
            variant="default"
            leftSection={<IconFilter size={16} aria-hidden />}
            onClick={() => setOpen((was) => !was)}
            aria-label={count === 0 ? "Filters" : `Filters, ${count} set`}
          >
            Filters
          </Button>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Choice
            label="Status"
            values={STATUSES}
            value={filters.status}
            onChange={(status) => onChange({ ...filters, status })}
          />
          <Choice
            label="Who can see it"
            values={VISIBILITIES}
            value={filters.visibility}
            onChange={(visibility) => onChange({ ...filters, visibility })}
          />
          <Choice
            label="Where it is from"
            values={SOURCES}
            value={filters.source}
            onChange={(source) => onChange({ ...filters, source })}
          />
          <TagField
            tags={tags}
            onAdd={(tag) => {
              if (!filters.tags.includes(tag)) onChange({ ...filters, tags: [...filters.tags, tag] });
            }}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  values: readonly Value[];
  value: Value | undefined;
  onChange: (value: Value | undefined) => void;
}

function Choice<Value extends string>({ label, values, value, onChange }: ChoiceProps<Value>) {
  return (
    <Select
      label={label}
      placeholder="Any"
      clearable
      clearButtonProps={{ "aria-label": `Any ${label.toLowerCase()}` }}
      data={values.map((each) => ({ value: each, label: LABELS[each] ?? each }))}
      value={value ?? null}
      onChange={(chosen) => onChange(values.find((each) => each === chosen))}
      comboboxProps={{ withinPortal: false }}
    />
  );
}

function TagField({ tags, onAdd }: { tags: readonly string[]; onAdd: (tag: string) => void }) {
  const [typed, setTyped] = useState("");
  const add = (tag: string) => {
    if (tag.trim() !== "") onAdd(tag.trim());
    setTyped("");
  };
  return (
    <Autocomplete
      label="Tag"
      placeholder="A tag, then Enter"
      data={[...tags]}
      limit={8}
      value={typed}
      onChange={setTyped}
      onOptionSubmit={(tag) => {
        add(tag);
        // The field writes the option into itself after this.
        queueMicrotask(() => setTyped(""));
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.defaultPrevented) add(typed);
      }}
      comboboxProps={{ withinPortal: false }}
    />
  );
}
