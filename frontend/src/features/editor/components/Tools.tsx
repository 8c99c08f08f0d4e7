import { Accordion, Alert, Tabs, ThemeIcon, VisuallyHidden } from "@mantine/core";
import {
  IconAdjustments,
  IconAlertCircle,
  IconBorderOuter,
  IconCode,
  IconCopyright,
  IconCrop,
  IconFileExport,
  IconRotateClockwise,
  IconRulerMeasure,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Tool } from "../model/edit";
import classes from "./EditorLayer.module.css";

export type Part = Tool | "use";

export function isPart(value: string | null): value is Part {
  return PARTS.some(({ part }) => part === value);
}

const PARTS: readonly { part: Part; name: string; icon: ReactNode }[] = [
  { part: "crop", name: "Crop", icon: <IconCrop size={18} /> },
  { part: "turn", name: "Rotate and flip", icon: <IconRotateClockwise size={18} /> },
  { part: "size", name: "Size", icon: <IconRulerMeasure size={18} /> },
  { part: "filters", name: "Filters", icon: <IconAdjustments size={18} /> },
  { part: "edges", name: "Edges", icon: <IconBorderOuter size={18} /> },
  { part: "watermark", name: "Watermark", icon: <IconCopyright size={18} /> },
  { part: "file", name: "File", icon: <IconFileExport size={18} /> },
  { part: "use", name: "Use it", icon: <IconCode size={18} /> },
];

interface Props {
  open: Part | null;
  onOpen: (part: Part | null) => void;
  refusals: Partial<Record<Part, string>>;
  /** As tabs below the picture on a phone, else as an accordion beside it. */
  isNarrow: boolean;
  children: (part: Part) => ReactNode;
}

/** One part at a time: only what is open is in the document. */
export function Tools({ open, onOpen, refusals, isNarrow, children }: Props) {
  const panel = (part: Part) =>
    part === open && (
      <>
        <Refusal text={refusals[part]} />
        {children(part)}
      </>
    );
  const choose = (value: string | null) => onOpen(isPart(value) ? value : null);
  if (isNarrow)
    return (
      <Tabs value={open ?? "size"} onChange={choose} keepMounted={false}>
        <Tabs.List className={classes.tabs} aria-label="Tools">
          {PARTS.map(({ part, name, icon }) => (
            <Tabs.Tab key={part} value={part} leftSection={icon}>
              {name}
              <Mark text={refusals[part]} />
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {PARTS.map(({ part }) => (
          <Tabs.Panel key={part} value={part} p="md">
            {panel(part)}
          </Tabs.Panel>
        ))}
      </Tabs>
    );
  return (
    <Accordion value={open} onChange={choose} order={2} chevronPosition="right">
      {PARTS.map(({ part, name, icon }) => (
        <Accordion.Item key={part} value={part}>
          <Accordion.Control
            icon={
              <ThemeIcon variant="transparent" color="gray" size="sm" aria-hidden>
                {icon}
              </ThemeIcon>
            }
          >
            {name}
            <Mark text={refusals[part]} />
          </Accordion.Control>
          <Accordion.Panel>{panel(part)}</Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function Mark({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <>
      <IconAlertCircle
        size={16}
        color="var(--mantine-color-error)"
        style={{ marginInlineStart: 6, verticalAlign: "-3px" }}
        aria-hidden
      />
      <VisuallyHidden>has a problem</VisuallyHidden>
    </>
  );
}

function Refusal({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <Alert color="red" variant="light" p="xs" mb="md" role="alert">
      {text}
    </Alert>
  );
}
