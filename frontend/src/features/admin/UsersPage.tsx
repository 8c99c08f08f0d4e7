import { Anchor, Group, Text } from "@mantine/core";
import { Mark } from "./components/Mark";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconUsers } from "@tabler/icons-react";
import { Link } from "react-router";
import type { AdminUser } from "~/client";
import { EmptyState } from "~/components/EmptyState";
import { SearchField } from "~/components/SearchField";
import { bytes, day, plural } from "~/lib/format";
import * as lists from "./api/lists";
import { Choice, FilterBar } from "./components/FilterBar";
import { Listing } from "./components/Listing";
import { Records } from "./components/Records";
import { Section } from "./components/Section";
import { Side } from "./components/Side";
import { UserDetail } from "./components/UserDetail";
import { type Filters, idOf, oneOf, useFilters } from "./filters";

const ROLES = { admin: "Administrators", user: "Users" } as const;
const STATES = { active: "Active", disabled: "Disabled", unverified: "Address not confirmed" } as const;

/** Everybody who has an account; one of them opens beside the list. */
export function Component() {
  const filters = useFilters();
  const search = filters.get("search");
  const role = oneOf(filters.get("role"), ["admin", "user"]);
  const state = oneOf(filters.get("state"), ["active", "disabled", "unverified"]);
  const query = useInfiniteQuery(lists.users({ search, role, state }));
  const total = query.data?.pages[0]?.total;
  const open = idOf(filters.get("user"));
  return (
    <Section title="Users" note={total !== undefined && plural(total, "account")}>
      <FilterBar>
        <SearchField
          label="Search"
          placeholder="E-mail address or username"
          value={search ?? ""}
          onChange={(value) => filters.set({ search: value })}
        />
        <Choice
          label="Role"
          all="Any role"
          value={role}
          options={ROLES}
          onChange={(value) => filters.set({ role: value })}
        />
        <Choice
          label="State"
          all="Any state"
          value={state}
          options={STATES}
          onChange={(value) => filters.set({ state: value })}
        />
      </FilterBar>
      <Listing
        query={query}
        what="The users"
        empty={
          <EmptyState icon={<IconUsers />} title="Nobody matches">
            Search for another part of the address or the name, or choose other filters.
          </EmptyState>
        }
      >
        {(items) => <Users items={items} filters={filters} />}
      </Listing>
      <Side isOpen={open !== undefined} onClose={() => filters.set({ user: null })} title="Account">
        {open !== undefined && <UserDetail key={open} id={open} />}
      </Side>
    </Section>
  );
}

function Users({ items, filters }: { items: readonly AdminUser[]; filters: Filters }) {
  return (
    <Records
      label="Users"
      items={items}
      keyOf={({ id }) => id}
      columns={[
        {
          header: "User",
          cell: ({ id, email, username }) => (
            <div>
              <Anchor component={Link} to={filters.with({ user: id })} preventScrollReset size="sm" fw={600}>
                {email}
              </Anchor>
              <Text size="sm" c="dimmed">
                {username}
              </Text>
            </div>
          ),
        },
        {
          header: "Role",
          cell: ({ role }) => (role === "admin" ? <Mark tone="accent">Administrator</Mark> : "User"),
        },
        { header: "State", cell: (user) => <UserState user={user} /> },
        { header: "Storage", isNumeric: true, cell: storageOf },
        { header: "Joined", cell: ({ date_joined: joined }) => day(joined) },
      ]}
    />
  );
}

function UserState({ user }: { user: AdminUser }) {
  if (!user.disabled && user.email_verified) return "Active";
  return (
    <Group gap={6}>
      {user.disabled && <Mark tone="bad">Disabled</Mark>}
      {!user.email_verified && <Mark>Not confirmed</Mark>}
    </Group>
  );
}

function storageOf({ storage_used: used, storage_quota: quota }: AdminUser): string {
  return quota === null ? bytes(used) : `${bytes(used)} of ${bytes(quota)}`;
}
