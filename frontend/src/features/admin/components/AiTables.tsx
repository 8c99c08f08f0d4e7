import { Anchor, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { AiSum, AiUse } from "~/client";
import { count } from "~/lib/format";
import { dollars, failedOf } from "../ledger";
import { type Column, Records } from "./Records";

const SERVICES = { description: "Describes", generation: "Paints" } as const;

const SUMS: readonly Column<AiSum>[] = [
  { header: "Calls", isNumeric: true, cell: ({ calls }) => count(calls) },
  { header: "Failed", isNumeric: true, cell: (sum) => count(failedOf(sum)) },
  { header: "Tokens", isNumeric: true, cell: (sum) => `${count(sum.input_tokens)} + ${count(sum.output_tokens)}` },
  { header: "Cost", isNumeric: true, cell: ({ cost_micros: micros }) => dollars(micros) },
];

export function AiModels({ models }: { models: AiUse["models"] }) {
  return (
    <Part title="By model" isEmpty={models.length === 0}>
      <Records
        label="Calls by model"
        items={models}
        keyOf={({ service, provider, model }) => [service, provider, model].join(" ")}
        columns={[
          { header: "Model", cell: ({ model }) => model },
          { header: "Provider", cell: ({ provider }) => provider },
          { header: "Service", cell: ({ service }) => SERVICES[service] },
          ...SUMS,
        ]}
      />
    </Part>
  );
}

export function AiUsers({ users }: { users: AiUse["users"] }) {
  return (
    <Part title="By user" isEmpty={users.length === 0}>
      <Records
        label="The users who have cost most"
        items={users}
        keyOf={({ owner }) => owner.id}
        columns={[
          {
            header: "User",
            cell: ({ owner }) => (
              <Anchor component={Link} to={`/admin/users?user=${owner.id}`} size="sm">
                {owner.email ?? "Account gone"}
              </Anchor>
            ),
          },
          ...SUMS,
          { header: "Left", isNumeric: true, cell: ({ left }) => leftOf(left) },
        ]}
      />
    </Part>
  );
}

function Part({ title, isEmpty, children }: { title: string; isEmpty: boolean; children: ReactNode }) {
  if (isEmpty) return null;
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}

function leftOf({ calls, cost_micros: micros }: AiUse["users"][number]["left"]): string {
  const bounds = [calls !== null && `${count(calls)} calls`, micros !== null && dollars(micros)];
  return bounds.filter((bound) => bound !== false).join(", ") || "No bound";
}
