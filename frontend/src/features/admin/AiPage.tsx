import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { adminGetAiUseOptions } from "~/client/@tanstack/react-query.gen";
import { LoadFailed } from "~/components/LoadFailed";
import { AiBudgets } from "./components/AiBudgets";
import { AiCalls } from "./components/AiCalls";
import { AiModels, AiUsers } from "./components/AiTables";
import { AiTotals } from "./components/AiTotals";
import { Lines } from "./components/Listing";
import { MonthPicker } from "./components/MonthPicker";
import { Section } from "./components/Section";
import { useFilters } from "./filters";
import { asMonth, monthName, monthOf } from "./ledger";

/** What describers and painters were asked in a month, and what that has cost. */
export function Component() {
  const filters = useFilters();
  const current = monthOf(new Date());
  const month = asMonth(filters.get("month")) ?? current;
  const { data: use, error, refetch } = useQuery(adminGetAiUseOptions({ query: { month } }));
  return (
    <Section
      title="AI ledger"
      note={`${monthName(month)}, as the clock goes in UTC.`}
      actions={
        <MonthPicker
          value={month}
          current={current}
          onChange={(value) => filters.set({ month: value === current ? null : value })}
        />
      }
    >
      {use ? (
        <Stack gap="xl">
          <AiTotals use={use} filters={filters} />
          <AiBudgets use={use} />
          <AiModels models={use.models} />
          <AiUsers users={use.users} />
        </Stack>
      ) : error ? (
        <LoadFailed error={error} onRetry={() => void refetch()} what="The ledger" />
      ) : (
        <Lines count={4} height={96} />
      )}
      <AiCalls filters={filters} />
    </Section>
  );
}
