import { Button, Code, Group, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { Mark } from "./Mark";
import { IconCheck, IconExclamationCircle } from "@tabler/icons-react";
import { useState } from "react";
import { count, plural } from "~/lib/format";
import type { Fault, Report } from "../faults";
import { Facts } from "./Facts";

/** What an examination has found, the faults first. */
export function Findings({ report }: { report: Report }) {
  const found = report.faults.filter((fault) => fault.count > 0);
  const unfound = report.faults.filter((fault) => fault.count === 0);
  return (
    <Stack gap="md">
      <Paper withBorder p="md">
        <Group gap="md" wrap="nowrap" align="flex-start">
          <ThemeIcon variant="light" radius="xl" color={report.isClean ? "teal" : "red"} aria-hidden>
            {report.isClean ? <IconCheck size={18} /> : <IconExclamationCircle size={18} />}
          </ThemeIcon>
          <div>
            <Title order={3} size="h5">
              {report.isClean ? "Everything is in order" : `${plural(found.length, "kind")} of fault found`}
            </Title>
            <Text size="sm" c="dimmed">
              {plural(report.images, "image")} and {plural(report.objects, "file")} were compared
              {report.leaving > 0 && `; ${plural(report.leaving, "file")} will be removed soon`}.{" "}
              {report.checksumsCompared ? "Every original was read." : "Sizes were compared, checksums were not."}
            </Text>
          </div>
        </Group>
      </Paper>
      {found.map((fault) => (
        <Found key={fault.name} fault={fault} />
      ))}
      {unfound.length > 0 && (
        <Paper withBorder p="md">
          <Title order={3} size="h6" mb="xs">
            Looked for, and not found
          </Title>
          <Facts of={unfound.map(({ title }) => [title, "None"] as const)} />
        </Paper>
      )}
    </Stack>
  );
}

function Found({ fault }: { fault: Fault }) {
  return (
    <Paper withBorder p="md">
      <Group gap="xs" mb={4}>
        <Title order={3} size="h5">
          {fault.title}
        </Title>
        <Mark tone="bad">{count(fault.count)}</Mark>
      </Group>
      <Text size="sm">{fault.meaning}</Text>
      <Text size="sm" c="dimmed" mb="xs">
        <WithCode text={fault.remedy} />
      </Text>
      <Names of={fault.named} />
      {fault.count > fault.named.length && (
        <Text size="sm" c="dimmed" mt="xs">
          These are the first {count(fault.named.length)}; <Code>flask doctor</Code> names all.
        </Text>
      )}
    </Paper>
  );
}

const SHOWN_AT_FIRST = 5;

function Names({ of: names }: { of: readonly string[] }) {
  const [isAll, setAll] = useState(false);
  return (
    <>
      <ul style={{ margin: 0, paddingInlineStart: 20 }}>
        {(isAll ? names : names.slice(0, SHOWN_AT_FIRST)).map((name) => (
          <Text key={name} component="li" size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
        ))}
      </ul>
      {names.length > SHOWN_AT_FIRST && (
        <Button variant="default" size="compact-xs" mt="xs" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? "Show fewer" : `Show all ${count(names.length)}`}
        </Button>
      )}
    </>
  );
}

/** Text in which commands stand between backticks. */
function WithCode({ text }: { text: string }) {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : <Code key={index}>{part}</Code>));
}
