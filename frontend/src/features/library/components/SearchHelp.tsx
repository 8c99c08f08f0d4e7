import { ActionIcon, Code, Popover, Stack, Table, Text } from "@mantine/core";
import { IconHelp } from "@tabler/icons-react";

const EXAMPLES: readonly (readonly [string, string])[] = [
  ["calm lake", "both words, or words that begin with them"],
  ['"calm lake"', "exactly these words next to each other"],
  ["lake -boat", "the first and not the second"],
  ["tag:alps", "with this tag; -tag:alps without it"],
  ["is:failed", "in that state; also is:public, is:animated, is:duplicate, is:decorative"],
  ["after:2025", "uploaded since; also a month or a day"],
  ["before:2026-03-01", "uploaded before that day"],
];

/** The language of the search, in short. */
export function SearchHelp() {
  return (
    <Popover width="min(420px, 92vw)" position="bottom-end" shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="How to search">
          <IconHelp size={18} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Text size="sm">Looks through titles, descriptions, alt text, tags, prompts and file names.</Text>
          <Table verticalSpacing={4} horizontalSpacing={4} withRowBorders={false} aria-label="What you can type">
            <Table.Tbody>
              {EXAMPLES.map(([typed, found]) => (
                <Table.Tr key={typed}>
                  <Table.Th scope="row" style={{ whiteSpace: "nowrap", verticalAlign: "top" }}>
                    <Code>{typed}</Code>
                  </Table.Th>
                  <Table.Td>
                    <Text size="sm" c="dimmed">
                      {found}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
