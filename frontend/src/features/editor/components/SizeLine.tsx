import { List, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { Transformed } from "~/client";
import { sidesLine, sizeLine, warningText } from "../model/outcome";
import classes from "./EditorLayer.module.css";

interface Props {
  /** Bytes of the original. */
  before: number;
  outcome: Transformed | undefined;
  /** Whether what is shown is that of an earlier edit. */
  isOld: boolean;
  isRefused: boolean;
}

/** What the file will be, as the API has made it. */
export function SizeLine({ before, outcome, isOld, isRefused }: Props) {
  return (
    <div className={classes.outcome}>
      <div aria-live="polite" aria-busy={isOld} className={classes.size} data-old={isOld || isRefused || undefined}>
        {isRefused ? (
          <Text size="sm">No file can be made of this.</Text>
        ) : outcome === undefined ? (
          <Text size="sm" c="dimmed">
            Measuring the file…
          </Text>
        ) : (
          <>
            <Text size="sm" fw={600} component="span">
              {sizeLine(before, outcome.bytes)}
            </Text>{" "}
            <Text size="sm" c="dimmed" component="span">
              {sidesLine(outcome)}
            </Text>
          </>
        )}
      </div>
      {outcome !== undefined && !isRefused && outcome.warnings.length > 0 && (
        <List
          size="sm"
          spacing={4}
          aria-label="Warnings"
          icon={<IconAlertTriangle size={16} color="var(--mantine-color-yellow-7)" aria-hidden />}
        >
          {outcome.warnings.map((warning) => (
            <List.Item key={warning}>{warningText(warning)}</List.Item>
          ))}
        </List>
      )}
    </div>
  );
}
