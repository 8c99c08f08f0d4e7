import { Badge, Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconLock } from "@tabler/icons-react";
import type { Link } from "~/client";
import { CopyButton } from "~/components/CopyButton";
import { LoadFailed } from "~/components/LoadFailed";
import { ago, count, plural, time } from "~/lib/format";
import { itemsOf } from "~/lib/pages";
import { stateOf, useLinks, useRevokeLink } from "./links";

/** The links to the image, the newest first, also those that have ended. */
export function LinkList({ imageId }: { imageId: string }) {
  const links = useLinks(imageId);
  const revoke = useRevokeLink(imageId);
  const items = itemsOf(links.data);
  const ask = (link: Link) =>
    modals.openConfirmModal({
      title: "Revoke this link?",
      children: <Text size="sm">Whoever has it sees the image no longer. That cannot be undone.</Text>,
      labels: { confirm: "Revoke", cancel: "Keep it" },
      confirmProps: { color: "red" },
      onConfirm: () => revoke.mutate(link.id),
    });
  return (
    <Stack gap="xs" component="section" aria-label="Links">
      <Title order={3} size="h6">
        Links
      </Title>
      {links.isPending && <Skeleton height={56} />}
      {links.isError && <LoadFailed error={links.error} onRetry={() => void links.refetch()} what="The links" />}
      {links.isSuccess && items.length === 0 && (
        <Text size="sm" c="dimmed">
          There is none yet. One that you make above stands here, with how often it was opened.
        </Text>
      )}
      {items.map((link) => (
        <OneLink
          key={link.id}
          link={link}
          isGoing={revoke.isPending && revoke.variables === link.id}
          onRevoke={() => ask(link)}
        />
      ))}
      {links.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={links.isFetchingNextPage}
          onClick={() => void links.fetchNextPage()}
        >
          Show older links
        </Button>
      )}
    </Stack>
  );
}

function OneLink({ link, isGoing, onRevoke }: { link: Link; isGoing: boolean; onRevoke: () => void }) {
  const state = stateOf(link);
  const isOpen = state === "open";
  const address = link.url.replace(/^https?:\/\//, "");
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm" py={4} aria-label={`Link ${link.slug}`} role="group">
      <div style={{ minWidth: 0 }}>
        <Group gap={6} wrap="nowrap">
          <Text size="sm" truncate c={isOpen ? undefined : "dimmed"} td={isOpen ? undefined : "line-through"}>
            {address}
          </Text>
          {!isOpen && (
            <Badge size="sm" variant="light" color="gray" tt="none" flex="none">
              {state === "expired" ? "Expired" : "Used up"}
            </Badge>
          )}
        </Group>
        <Group gap="xs">
          <Text size="xs" c="dimmed">
            {viewsOf(link)} · {isOpen ? "ends" : "ended"}{" "}
            <time dateTime={link.expires_at} title={time(link.expires_at)}>
              {isOpen || state === "expired" ? ago(link.expires_at) : "with its last view"}
            </time>
          </Text>
          {link.has_password && (
            <Text size="xs" c="dimmed" component="span">
              <IconLock size={12} aria-hidden style={{ verticalAlign: -1 }} /> password
            </Text>
          )}
        </Group>
      </div>
      <Group gap="xs" wrap="nowrap">
        {isOpen && <CopyButton value={link.url} what="link" />}
        <Button size="xs" variant="subtle" color="red" loading={isGoing} onClick={onRevoke}>
          {isOpen ? "Revoke" : "Remove"}
        </Button>
      </Group>
    </Group>
  );
}

function viewsOf({ views, max_views }: Link): string {
  return max_views === null ? plural(views, "view") : `${count(views)} of ${plural(max_views, "view")}`;
}
