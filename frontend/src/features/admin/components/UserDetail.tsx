import { Anchor, Divider, Group, Stack, Text, Title } from "@mantine/core";
import { Mark } from "./Mark";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { KnownUser } from "~/client";
import { adminGetUserOptions } from "~/client/@tanstack/react-query.gen";
import { LoadFailed } from "~/components/LoadFailed";
import { bytes, count, day, time } from "~/lib/format";
import { Facts } from "./Facts";
import { Lines } from "./Listing";
import { QuotaForm } from "./QuotaForm";
import { UserDeeds } from "./UserDeeds";

/** One account: what hangs on it, and what can be done to it. */
export function UserDetail({ id }: { id: string }) {
  const { data: user, error, refetch } = useQuery(adminGetUserOptions({ path: { user_id: id } }));
  if (user === undefined)
    return error ? <LoadFailed error={error} onRetry={() => void refetch()} what="The account" /> : <Lines count={5} />;
  return (
    <Stack gap="lg">
      <UserFacts user={user} />
      <Divider />
      <UserDeeds user={user} />
      <Divider />
      <QuotaForm key={String(user.storage_quota)} user={user} />
    </Stack>
  );
}

function UserFacts({ user }: { user: KnownUser }) {
  const { counts } = user;
  const name = `${user.first_name} ${user.last_name}`.trim();
  return (
    <Stack gap="sm">
      <div>
        <Title order={3} size="h4" style={{ overflowWrap: "anywhere" }}>
          {user.email}
        </Title>
        <Text size="sm" c="dimmed">
          {[user.username, name].filter(Boolean).join(" · ")}
        </Text>
      </div>
      <Group gap={6}>
        {user.role === "admin" && <Mark tone="accent">Administrator</Mark>}
        {user.disabled && <Mark tone="bad">Disabled</Mark>}
        {!user.email_verified && <Mark>Not confirmed</Mark>}
      </Group>
      <Facts
        of={[
          ["Joined", day(user.date_joined)],
          ["Disabled since", user.disabled_at && time(user.disabled_at)],
          ["Images", <Count key="images" to={`/admin/content?owner=${user.id}`} of={counts.images} />],
          ["Storage", bytes(user.storage_used)],
          ["Signed in", count(counts.sessions)],
          ["API keys", count(counts.keys)],
          ["Failed work", count(counts.failed_work)],
        ]}
      />
      <Group gap="md">
        <Anchor component={Link} to={`/admin/ai?owner=${user.id}`} size="sm">
          AI calls
        </Anchor>
        <Anchor component={Link} to={`/admin/audit?subject=${user.id}`} size="sm">
          What administrators did
        </Anchor>
      </Group>
    </Stack>
  );
}

function Count({ to, of }: { to: string; of: number }) {
  return of === 0 ? (
    count(of)
  ) : (
    <Anchor component={Link} to={to} inherit>
      {count(of)}
    </Anchor>
  );
}
