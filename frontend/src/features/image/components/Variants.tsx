import { Anchor, Group, Table, Text } from "@mantine/core";
import type { Image } from "~/client";
import { CopyButton } from "~/components/CopyButton";
import { bytes, time } from "~/lib/format";
import { OriginalLink } from "./Facts";
import { Section } from "./Section";

/** The files that were made of the image, with their addresses. */
export function Variants({ image }: { image: Image }) {
  const [first] = image.variants;
  if (first === undefined && image.image_url === null) return null;
  const end = endOf(first?.url ?? image.image_url ?? "");
  return (
    <Section title="Files" aside={<OriginalLink image={image} />}>
      {first !== undefined && (
        <>
          <Table verticalSpacing={6} horizontalSpacing={6} fz="sm" aria-label="Variants">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Variant</Table.Th>
                <Table.Th>Pixels</Table.Th>
                <Table.Th ta="right">Size</Table.Th>
                <Table.Th ta="right">Link</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {image.variants.map((variant) => (
                <Table.Tr key={variant.name}>
                  <Table.Td>
                    <Anchor href={variant.url} target="_blank" rel="noreferrer" size="sm">
                      {variant.name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>
                    {variant.width} × {variant.height}
                  </Table.Td>
                  <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                    {bytes(variant.bytes)}
                  </Table.Td>
                  <Table.Td>
                    <Group justify="flex-end">
                      <CopyButton value={variant.url} what={`link to ${variant.name}`} size="compact-xs" />
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Text size="xs" c="dimmed">
            {end === undefined
              ? "Whoever has one of these links sees the file until the link expires."
              : `Whoever has one of these links sees the file until ${time(end)}.`}{" "}
            To show the image for longer, share it.
          </Text>
        </>
      )}
    </Section>
  );
}

/** When a signed address ends, as it says itself; another storage's addresses need not say. */
export function endOf(address: string): string | undefined {
  const seconds = /[?&]expires=(\d+)/.exec(address)?.[1];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000).toISOString();
}
