import { Group, Text } from "@mantine/core";
import { Link } from "react-router";

export function Logo() {
  return (
    <Link to="/" aria-label="Aizen, start page" style={{ color: "inherit", textDecoration: "none" }}>
      <Group gap={8} wrap="nowrap">
        <img src="/favicon.svg" alt="" width={28} height={28} />
        <Text fw={700} size="lg" span>
          Aizen
        </Text>
      </Group>
    </Link>
  );
}
