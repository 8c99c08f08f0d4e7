import { Button, Group, Pill } from "@mantine/core";
import { EVERYTHING, type Filters, LABELS, countOf } from "../filters";

/** What narrows the list, each to be taken away by itself. */
export function FilterChips({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  if (countOf(filters) === 0) return null;
  const named = (["status", "visibility", "source"] as const).flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [{ name, label: LABELS[value] ?? value }];
  });
  return (
    <Group gap={6} role="group" aria-label="Filters in use">
      {named.map(({ name, label }) => (
        <Chip key={name} label={label} onRemove={() => onChange({ ...filters, [name]: undefined })} />
      ))}
      {filters.tags.map((tag) => (
        <Chip
          key={`#${tag}`}
          label={`#${tag}`}
          onRemove={() => onChange({ ...filters, tags: filters.tags.filter((each) => each !== tag) })}
        />
      ))}
      <Button
        variant="subtle"
        size="compact-xs"
        onClick={() => onChange({ ...EVERYTHING, search: filters.search, sort: filters.sort })}
      >
        Clear filters
      </Button>
    </Group>
  );
}

function Chip({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <Pill
      size="md"
      withRemoveButton
      onRemove={onRemove}
      removeButtonProps={{ "aria-label": `Remove the filter ${label}`, "aria-hidden": false, tabIndex: 0 }}
    >
      {label}
    </Pill>
  );
}
