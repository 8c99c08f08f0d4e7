import { Button, Popover, SegmentedControl, Stack, TagsInput } from "@mantine/core";
import { IconTag } from "@tabler/icons-react";
import { useState } from "react";
import { BatchAction } from "~/components/BatchAction";

type Way = "tag" | "untag";

interface Props {
  /** Offered: those that the chosen images have. */
  tags: readonly string[];
  isRunning: boolean;
  onApply: (action: Way, tags: string[]) => void;
}

/** Adds tags to what is chosen, or takes them away. */
export function TagsAction({ tags, isRunning, onApply }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [way, setWay] = useState<Way>("tag");
  const [chosen, setChosen] = useState<string[]>([]);
  const apply = () => {
    onApply(way, chosen);
    setChosen([]);
    setOpen(false);
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} width={300} position="top" shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <BatchAction Icon={IconTag} label="Tags" loading={isRunning} onClick={() => setOpen((was) => !was)} />
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <SegmentedControl
            aria-label="What to do with the tags"
            value={way}
            onChange={setWay}
            data={[
              { value: "tag", label: "Add" },
              { value: "untag", label: "Remove" },
            ]}
          />
          <TagsInput
            data-autofocus
            label="Tags"
            placeholder={chosen.length === 0 ? "A tag, then Enter" : ""}
            data={[...tags]}
            value={chosen}
            onChange={setChosen}
            acceptValueOnBlur
            comboboxProps={{ withinPortal: false }}
          />
          <Button onClick={apply} disabled={chosen.length === 0}>
            {way === "tag" ? "Add to the selected images" : "Remove from the selected images"}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
