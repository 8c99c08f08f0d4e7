import { Anchor, Group, Paper, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { AiUse } from "~/client";
import { count, plural } from "~/lib/format";
import type { Filters } from "../filters";
import { dollars, failedOf, outcomeName } from "../ledger";

/** The sums of the month. */
export function AiTotals({ use: { total, failed }, filters }: { use: AiUse; filters: Filters }) {
  return (
    <div>
      <SimpleGrid component="dl" cols={{ base: 2, sm: 4 }} spacing="md" m={0}>
        <Figure name="Cost" value={dollars(total.cost_micros)}>
          {total.calls_without_cost > 0
            ? `Too low: nobody knows what ${plural(total.calls_without_cost, "call")} cost`
            : "Of every call that is known"}
        </Figure>
        <Figure name="Calls" value={count(total.calls)}>
          {count(total.done)} done
          {total.unfinished > 0 && `, ${count(total.unfinished)} unfinished`}
        </Figure>
        <Figure name="Failed" value={count(failedOf(total))}>
          {failed.length === 0 ? "None" : plural(failed.length, "reason")}
        </Figure>
        <Figure name="Tokens" value={count(total.input_tokens + total.output_tokens)}>
          {count(total.input_tokens)} in, {count(total.output_tokens)} out
        </Figure>
      </SimpleGrid>
      {failed.length > 0 && (
        <Group gap="md" mt="sm">
          <Text size="sm" c="dimmed">
            Failed with:
          </Text>
          {failed.map(({ code, count: many }) => (
            <Anchor key={code} component={Link} to={filters.with({ outcome: code })} preventScrollReset size="sm">
              {outcomeName(code)} ({count(many)})
            </Anchor>
          ))}
        </Group>
      )}
    </div>
  );
}

function Figure({ name, value, children }: { name: string; value: string; children: ReactNode }) {
  return (
    <Paper withBorder p="md">
      <Text component="dt" size="sm" fw={600}>
        {name}
      </Text>
      <dd style={{ margin: 0 }}>
        <Text fz={24} fw={650} lh={1.3}>
          {value}
        </Text>
        <Text size="xs" c="dimmed">
          {children}
        </Text>
      </dd>
    </Paper>
  );
}
