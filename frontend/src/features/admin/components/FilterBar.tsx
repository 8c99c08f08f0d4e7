import { Select } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./FilterBar.module.css";

/** The filters of a list: side by side where there is room. */
export function FilterBar({ children }: { children: ReactNode }) {
  return (
    <div role="search" className={classes.bar}>
      {children}
    </div>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  /** What is listed while nothing is chosen; without it something always is. */
  all?: string;
  value: Value | undefined;
  options: Readonly<Record<Value, string>>;
  onChange: (value: string | null) => void;
}

export function Choice<Value extends string>({ label, all, value, options, onChange }: ChoiceProps<Value>) {
  const known = Object.entries<string>(options).map(([key, name]) => ({ value: key, label: name }));
  return (
    <Select
      label={label}
      data={all === undefined ? known : [{ value: "", label: all }, ...known]}
      value={value ?? ""}
      onChange={onChange}
      allowDeselect={false}
    />
  );
}
