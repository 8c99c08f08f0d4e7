import { Anchor, Paper, SimpleGrid, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Describer, Overview } from "~/client";
import { ago, bytes, count, plural } from "~/lib/format";
import { Facts } from "./Facts";

/** How much there is of everything, each with the page that says more. */
export function OverviewCards({ overview: { users, images, work, queue, ...rest } }: { overview: Overview }) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} spacing="md">
      <Card title="Users" to="/admin/users" figure={count(users.total)}>
        <Facts
          of={[
            ["Administrators", count(users.admins)],
            ["Disabled", count(users.disabled)],
          ]}
        />
      </Card>
      <Card title="Images" to="/admin/content" figure={count(images.total)}>
        <Facts
          of={[
            ["In the trash", count(images.trashed)],
            ["Originals", bytes(images.bytes)],
          ]}
        />
      </Card>
      <Card title="Work" to="/admin/jobs" figure={plural(work.failed, "failure")}>
        <Facts
          of={[
            ["Under way", count(work.working)],
            ["In the queue", count(work.pending)],
            ["Waiting", count(work.waiting)],
          ]}
        />
      </Card>
      <Card
        title="Workers"
        to="/admin/jobs"
        figure={queue.unavailable === null ? `${count(queue.workers)} alive` : "Unknown"}
      >
        <Facts
          of={[
            ["Queue", queue.unavailable === null ? "Reachable" : "Cannot be reached"],
            ["Hints in it", queue.length === null ? "Unknown" : count(queue.length)],
          ]}
        />
      </Card>
      <Card title="Storage" to="/admin/integrity" figure={rest.storage === "s3" ? "S3 bucket" : "Local files"}>
        <Facts
          of={[
            ["Database", rest.database === "postgresql" ? "PostgreSQL" : "SQLite"],
            ["Integrity", integrityOf(rest.integrity)],
          ]}
        />
      </Card>
      <Card title="AI" to="/admin/ai" figure={plural(rest.describers.length + rest.painters.length, "provider")}>
        <Facts
          of={[
            ["Describers", <Providers key="describers" list={rest.describers} />],
            ["Painters", <Providers key="painters" list={rest.painters} />],
          ]}
        />
      </Card>
    </SimpleGrid>
  );
}

function Card({ title, to, figure, children }: { title: string; to: string; figure: string; children: ReactNode }) {
  return (
    <Paper withBorder p="md">
      <Title order={3} size="sm" fw={600}>
        <Anchor component={Link} to={to} inherit>
          {title}
        </Anchor>
      </Title>
      <Text fz={26} fw={650} lh={1.3} mb={6}>
        {figure}
      </Text>
      {children}
    </Paper>
  );
}

function Providers({ list }: { list: readonly Describer[] }) {
  if (list.length === 0) return "None";
  return list
    .map(({ name, left_alone_seconds: seconds }) => (seconds > 0 ? `${name} (left alone, ${count(seconds)} s)` : name))
    .join(", ");
}

function integrityOf({ state, made_at: madeAt, is_clean: isClean }: Overview["integrity"]): string {
  if (madeAt === null)
    return state === "none" ? "Never examined" : state === "failed" ? "Could not be made" : "Being examined";
  return `${isClean === true ? "In order" : "Faults found"}, ${ago(madeAt)}`;
}
