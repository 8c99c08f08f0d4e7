import { Anchor, Box } from "@mantine/core";
import { Link } from "react-router";
import type { WorkCount } from "~/client";
import { count } from "~/lib/format";
import { STATES, type WorkRow, kindName, workRows } from "../work";
import { Records } from "./Records";

const SHOWN = ["failed", "working", "pending", "waiting"] as const;

/** How much work of each kind is in which state; each number leads to its list. */
export function WorkTable({ counts }: { counts: readonly WorkCount[] }) {
  const rows = workRows(counts);
  if (rows.length === 0) return null;
  return (
    <Box mb="lg">
      <Records
        label="Unfinished work by kind and state"
        items={rows}
        keyOf={({ kind }) => kind}
        columns={[
          { header: "Kind", cell: ({ kind }) => kindName(kind) },
          ...SHOWN.map((state) => ({
            header: STATES[state],
            isNumeric: true,
            cell: (row: WorkRow) => <Cell row={row} state={state} />,
          })),
        ]}
      />
    </Box>
  );
}

function Cell({ row, state }: { row: WorkRow; state: (typeof SHOWN)[number] }) {
  if (row[state] === 0) return count(0);
  return (
    <Anchor
      component={Link}
      to={`/admin/jobs?state=${state}&kind=${encodeURIComponent(row.kind)}`}
      preventScrollReset
      inherit
      aria-label={`${kindName(row.kind)}, ${STATES[state]}: ${count(row[state])}`}
    >
      {count(row[state])}
    </Anchor>
  );
}
