import { ActionIcon, Group, Select } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { monthName, recentMonths } from "../ledger";

interface Props {
  value: string;
  /** The month that is not over yet. */
  current: string;
  onChange: (month: string) => void;
}

/** The months that the ledger remembers, to choose from or to go through one by one. */
export function MonthPicker({ value, current, onChange }: Props) {
  const recent = recentMonths(new Date(`${current}-01T00:00:00Z`));
  const months = recent.includes(value) ? recent : [...recent, value];
  const at = months.indexOf(value);
  const [later, earlier] = [months[at - 1], months[at + 1]];
  return (
    <Group gap={6} wrap="nowrap">
      <ActionIcon
        variant="default"
        size={36}
        aria-label="The month before"
        disabled={earlier === undefined}
        onClick={() => earlier && onChange(earlier)}
      >
        <IconChevronLeft size={18} aria-hidden />
      </ActionIcon>
      <Select
        aria-label="Month"
        data={months.map((month) => ({ value: month, label: monthName(month) }))}
        value={value}
        allowDeselect={false}
        onChange={(month) => month && onChange(month)}
        w={180}
      />
      <ActionIcon
        variant="default"
        size={36}
        aria-label="The month after"
        disabled={later === undefined}
        onClick={() => later && onChange(later)}
      >
        <IconChevronRight size={18} aria-hidden />
      </ActionIcon>
    </Group>
  );
}
