import { Badge, Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconKey, IconPlus } from "@tabler/icons-react";
import type { Key } from "~/client";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { ago, day, time } from "~/lib/format";
import { told } from "~/lib/told";
import { useKeys, useRevokeKey } from "./api/keys";
import { List, Row } from "./components/List";
import { NewKeyDialog } from "./components/NewKeyDialog";
import { confirm } from "./confirm";
import { SCOPES } from "./scopes";

export function Component() {
  const query = useKeys();
  const [isMaking, making] = useDisclosure(false);
  const make = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={making.open}>
      Make a key
    </Button>
  );
  return (
    <>
      <PageHeader
        title="API keys"
        note="A program signs in with a key of its own instead of your password. You say what it may do and for how long."
      >
        {query.keys.length > 0 && make}
      </PageHeader>
      <List
        label="API keys"
        what="Your API keys"
        query={query}
        isEmpty={query.keys.length === 0}
        empty={
          <EmptyState icon={<IconKey size={28} />} title="No API keys yet" action={make}>
            Make one for each program, so that you can take away one of them alone.
          </EmptyState>
        }
      >
        {query.keys.map((each) => (
          <KeyRow key={each.id} apiKey={each} now={query.dataUpdatedAt} />
        ))}
      </List>
      <NewKeyDialog isOpen={isMaking} onClose={making.close} />
    </>
  );
}

function KeyRow({ apiKey: { id, name, hint, scopes, ...key }, now }: { apiKey: Key; now: number }) {
  const revoke = useRevokeKey();
  const isExpired = key.expires_at !== null && new Date(key.expires_at).getTime() <= now;
  const ask = () =>
    confirm({
      title: "Revoke this key?",
      children: `Programs that use “${name}” (${hint}…) are refused from now on. It cannot be had back.`,
      confirm: "Revoke key",
      onConfirm: () =>
        revoke.mutate(id, {
          onSuccess: () => told.done(`The key “${name}” is revoked.`),
          onError: (error) => told.failed(error, "The key was not revoked"),
        }),
    });
  return (
    <Row
      action={
        <Button
          size="xs"
          variant="default"
          loading={revoke.isPending}
          onClick={ask}
          aria-label={`Revoke ${name}`}
          style={{ flex: "none" }}
        >
          Revoke
        </Button>
      }
    >
      <Group gap="xs">
        <Text fw={550} style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
        {isExpired && (
          <Badge variant="light" color="gray">
            Expired
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed">
        <code>{hint}…</code>, made {day(key.created_at)}
      </Text>
      <Text size="sm" c="dimmed">
        {key.last_used_at === null ? "Never used" : `Last used ${ago(key.last_used_at)}`};{" "}
        {expiryOf(key.expires_at, isExpired)}
      </Text>
      <Group gap={6} mt={8}>
        {scopes.map((scope) => (
          <Badge key={scope} variant="default" tt="none" fw={500} title={SCOPES[scope].allows}>
            {SCOPES[scope].label}
          </Badge>
        ))}
      </Group>
    </Row>
  );
}

function expiryOf(expiresAt: string | null, isExpired: boolean): string {
  if (expiresAt === null) return "lives until it is revoked";
  return isExpired ? `expired ${ago(expiresAt)}` : `expires ${time(expiresAt)}`;
}
