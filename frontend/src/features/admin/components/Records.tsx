import type { ReactNode } from "react";
import classes from "./Records.module.css";

export interface Column<Item> {
  header: string;
  cell: (item: Item) => ReactNode;
  isNumeric?: boolean;
  /** What can be done to the item: its header is for screen readers, on a card it stands alone. */
  isAction?: boolean;
}

interface Props<Item> {
  /** What the table holds, for screen readers. */
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => string;
  /** The first one names the item. */
  columns: readonly Column<Item>[];
}

/** A table where there is room for its columns, and a card for each row where there is not. */
export function Records<Item>({ label, items, keyOf, columns }: Props<Item>) {
  return (
    <div className={classes.box}>
      {/* The roles are said although they are the elements' own: a browser forgets those where CSS makes blocks of them. */}
      <Table className={classes.table} label={label}>
        <thead {...as("rowgroup")}>
          <tr {...as("row")}>
            {columns.map(({ header, isNumeric }) => (
              <th key={header} {...as("columnheader")} scope="col" data-numeric={isNumeric}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...as("rowgroup")}>
          {items.map((item) => (
            <tr key={keyOf(item)} {...as("row")}>
              {columns.map(({ header, cell, isNumeric, isAction }, index) => (
                <td
                  key={header}
                  {...as("cell")}
                  data-label={header}
                  data-numeric={isNumeric}
                  data-lead={index === 0 || undefined}
                  data-act={isAction}
                >
                  {cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function Table({ label, className, children }: { label: string; className: string | undefined; children: ReactNode }) {
  return (
    <table {...as("table")} aria-label={label} className={className}>
      {children}
    </table>
  );
}

function as(role: string) {
  return { role };
}
