import { Paper, Progress, SimpleGrid, Text, Title } from "@mantine/core";
import type { AiUse } from "~/client";
import { count, percent } from "~/lib/format";
import { dollars } from "../ledger";

const NEARLY = 80;

/** What a month may cost, and how much of that is left. */
export function AiBudgets({ use: { budgets, total } }: { use: AiUse }) {
  const { all, each_user: each } = budgets;
  const ofEach = [
    each.calls !== null && `${count(each.calls)} calls`,
    each.cost_micros !== null && dollars(each.cost_micros),
  ].filter((bound) => bound !== false);
  const isBound = all.calls !== null || all.cost_micros !== null;
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        Budgets
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {all.calls !== null && (
          <Budget name="Calls of all users" used={total.counted_calls} bound={all.calls} words={count} />
        )}
        {all.cost_micros !== null && (
          <Budget name="Cost of all users" used={total.cost_micros} bound={all.cost_micros} words={dollars} />
        )}
      </SimpleGrid>
      <Text size="sm" c="dimmed" mt={isBound ? "xs" : 0}>
        {!isBound && "Nothing bounds what all users together may cost. "}
        {ofEach.length === 0
          ? "Nothing bounds a single user."
          : `Each user: ${ofEach.join(" and ")} a month; what is left stands beside them.`}{" "}
        The settings AI_BUDGET_… say so. Calls to “offline” count in none.
      </Text>
    </section>
  );
}

interface BudgetProps {
  name: string;
  used: number;
  bound: number;
  words: (value: number) => string;
}

function Budget({ name, used, bound, words }: BudgetProps) {
  const share = percent(used, bound);
  const left = Math.max(0, bound - used);
  return (
    <Paper withBorder p="md">
      <Text size="sm" fw={600}>
        {name}
      </Text>
      <Text size="sm" c="dimmed" mb={8}>
        {words(used)} of {words(bound)}.{" "}
        {left === 0 ? "Nothing is left: nobody is asked until next month." : `${words(left)} left.`}
      </Text>
      <Progress
        value={share}
        color={share >= 100 ? "red" : share >= NEARLY ? "orange" : undefined}
        aria-label={`${name}: used`}
      />
    </Paper>
  );
}
