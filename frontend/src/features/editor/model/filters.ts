/** Controls for filters, made from the schemas of their parameters: what the API learns, the editor offers. */
import type { Filter, Parameter } from "~/client";
import type { Edit, FilterUse } from "./edit";

export interface NumberControl {
  kind: "number";
  name: string;
  label: string;
  least: number;
  most: number;
  step: number;
  isWhole: boolean;
  /** Behind the number: "%", "px", "°", or a word. */
  unit: string;
  initial: number;
}

export interface ColorControl {
  kind: "color";
  name: string;
  label: string;
  initial: string;
}

export type Control = NumberControl | ColorControl;

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/percent/i, "%"],
  [/degrees/i, "°"],
  [/pixels/i, "px"],
];

/** By the parameter's name. One whose schema is neither a range nor a text has its default, and no control. */
export function controlsOf(filter: Filter | undefined): ReadonlyMap<string, Control> {
  return new Map(
    filter?.parameters.flatMap((parameter) => controlOf(parameter) ?? []).map((each) => [each.name, each]),
  );
}

/** Whether the filter goes both ways from nothing, as brightness does: it is a slider that stands in the middle, and is off there. */
export function isAdjustment(filter: Filter): boolean {
  const [only, ...others] = controlsOf(filter).values();
  return only?.kind === "number" && others.length === 0 && only.initial === 0 && only.least < 0 && only.most > 0;
}

/** "brightness" as "Brightness". */
export function labelOf({ name }: Pick<Filter, "name">): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}

export function useOf(edit: Edit, name: string): FilterUse | undefined {
  return edit.filters.find((use) => use.name === name);
}

/** The filters with this one as told, in the order in which the API lists them; without values it is taken away. */
export function withFilter(
  edit: Edit,
  name: string,
  values: FilterUse["values"] | null,
  listed: readonly Filter[],
): Edit {
  const others = edit.filters.filter((use) => use.name !== name);
  const all = values === null ? others : [...others, { name, values }];
  const place = ({ name }: FilterUse) => listed.findIndex((filter) => filter.name === name);
  return { ...edit, filters: [...all].sort((one, other) => place(one) - place(other)) };
}

export function initialValues(filter: Filter): FilterUse["values"] {
  return Object.fromEntries([...controlsOf(filter).values()].map(({ name, initial }) => [name, initial]));
}

/** "80 %", "2.5 px", "4 bits". */
export function told(value: number, { unit }: Pick<NumberControl, "unit">): string {
  const shown = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 }).format(value);
  return unit === "°" ? `${shown}°` : `${shown} ${unit}`.trim();
}

function controlOf({ name, does, default: initial, schema }: Parameter): Control | undefined {
  const { type, minimum, maximum } = schema;
  if (type === "string")
    return {
      kind: "color",
      name,
      label: labelOf({ name }),
      initial: typeof initial === "string" ? hex(initial) : "#000000",
    };
  if ((type !== "number" && type !== "integer") || typeof minimum !== "number" || typeof maximum !== "number")
    return undefined;
  const isWhole = type === "integer";
  return {
    kind: "number",
    name,
    label: labelOf({ name }),
    least: minimum,
    most: maximum,
    step: isWhole || Number.isInteger(minimum) ? 1 : 0.1,
    isWhole,
    unit: UNITS.find(([pattern]) => pattern.test(does))?.[1] ?? does,
    initial: typeof initial === "number" ? initial : minimum,
  };
}

function hex(color: string): string {
  return /^[0-9a-f]{3,8}$/i.test(color) ? `#${color}` : color;
}
