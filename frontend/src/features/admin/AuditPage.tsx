import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconHistory, IconX } from "@tabler/icons-react";
import { EmptyState } from "~/components/EmptyState";
import * as lists from "./api/lists";
import { ActionCard } from "./components/ActionCard";
import { Choice, FilterBar } from "./components/FilterBar";
import { Listing } from "./components/Listing";
import { Section } from "./components/Section";
import { UserPicker } from "./components/UserPicker";
import classes from "./components/Cards.module.css";
import { ACTION_NAMES, isAction } from "./deeds";
import { idOf, useFilters } from "./filters";

/** Who did what to whom, and when: nothing here can be changed. */
export function Component() {
  const filters = useFilters();
  const actor = idOf(filters.get("actor"));
  const subject = idOf(filters.get("subject"));
  const wanted = filters.get("action");
  const action = wanted !== undefined && isAction(wanted) ? wanted : undefined;
  const query = useInfiniteQuery(lists.actions({ actor, action, subject }));
  return (
    <Section title="Audit log" note="What administrators have done, the newest first. Nobody can change it here.">
      <FilterBar>
        <UserPicker
          label="Administrator"
          placeholder="Anybody"
          value={actor}
          onChange={(id) => filters.set({ actor: id })}
        />
        <Choice
          label="Action"
          all="Any action"
          value={action}
          options={ACTION_NAMES}
          onChange={(value) => filters.set({ action: value })}
        />
      </FilterBar>
      {subject !== undefined && (
        <Button
          variant="light"
          size="compact-sm"
          mb="md"
          rightSection={<IconX size={14} aria-hidden />}
          onClick={() => filters.set({ subject: null })}
        >
          One account, image or piece of work only: show all
        </Button>
      )}
      <Listing
        query={query}
        what="The audit log"
        empty={
          <EmptyState icon={<IconHistory />} title="Nothing was done">
            No action matches. Choose another administrator or another action.
          </EmptyState>
        }
      >
        {(items) => (
          <ol className={classes.list} aria-label="Actions">
            {items.map((action) => (
              <ActionCard key={action.id} action={action} />
            ))}
          </ol>
        )}
      </Listing>
    </Section>
  );
}
