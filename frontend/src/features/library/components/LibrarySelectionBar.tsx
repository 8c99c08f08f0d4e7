import { Menu, Text } from "@mantine/core";
import { IconEye, IconLink, IconLock, IconPhotoPlus, IconSparkles, IconTrash, IconWorld } from "@tabler/icons-react";
import { BatchAction } from "~/components/BatchAction";
import { BatchProblem } from "~/components/BatchProblem";
import { SelectionBar } from "~/components/SelectionBar";
import type { Found } from "~/client";
import type { BatchState } from "~/lib/batch";
import { useCapabilities } from "~/lib/capabilities";
import { plural } from "~/lib/format";
import type { Selection } from "~/lib/selection";
import { told } from "~/lib/told";
import { TagsAction } from "./TagsAction";

const AUDIENCES = [
  { visibility: "private", label: "Private", says: "only you", Icon: IconLock },
  { visibility: "unlisted", label: "Unlisted", says: "whoever has the address", Icon: IconLink },
  { visibility: "public", label: "Public", says: "everybody", Icon: IconWorld },
] as const;

interface Props {
  selection: Selection;
  batch: BatchState;
  images: readonly Found[];
  onTrash: () => void;
}

export function LibrarySelectionBar({ selection, batch, images, onTrash }: Props) {
  const { presets } = useCapabilities();
  const { running, problem, run } = batch;
  const ids = [...selection.ids];
  const apply = async (action: Parameters<typeof run>[0], done: (count: string) => string) => {
    const { succeeded, withoutAlt } = await run(action, ids);
    if (succeeded.length === 0) return;
    const missing = withoutAlt > 0 ? ` ${plural(withoutAlt, "of them has", "of them have")} no alt text yet.` : "";
    told.done(`${done(plural(succeeded.length, "image"))}.${missing}`);
  };
  return (
    <SelectionBar
      count={ids.length}
      onClear={selection.clear}
      problem={problem && <BatchProblem {...problem} onClose={batch.dismiss} />}
    >
      <TagsAction
        tags={tagsOf(images.filter(({ id }) => selection.ids.has(id)))}
        isRunning={running === "tag" || running === "untag"}
        onApply={(action, tags) =>
          void apply(
            { action, tags },
            (count) => `${action === "tag" ? "Tags added to" : "Tags removed from"} ${count}`,
          )
        }
      />
      <Menu position="top">
        <Menu.Target>
          <BatchAction Icon={IconEye} label="Who can see" loading={running === "set_visibility"} />
        </Menu.Target>
        <Menu.Dropdown>
          {AUDIENCES.map(({ visibility, label, says, Icon }) => (
            <Menu.Item
              key={visibility}
              leftSection={<Icon size={16} aria-hidden />}
              onClick={() =>
                void apply({ action: "set_visibility", visibility }, (count) => `${count} set to ${visibility}`)
              }
            >
              {label}
              <Text size="xs" c="dimmed">
                {says}
              </Text>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <BatchAction
        Icon={IconSparkles}
        label="Describe again"
        loading={running === "describe"}
        onClick={() => void apply({ action: "describe" }, (count) => `${count} will be described again`)}
      />
      <Menu position="top">
        <Menu.Target>
          <BatchAction Icon={IconPhotoPlus} label="Make copies" loading={running === "transform"} />
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>A new image of each, by preset</Menu.Label>
          {presets.map(({ name, recipe }) => (
            <Menu.Item
              key={name}
              onClick={() =>
                void apply(
                  { action: "transform", preset: name, save: true },
                  (count) => `${count} are being made with “${name}”, and appear in your library`,
                )
              }
            >
              {name}
              <Text size="xs" c="dimmed" ff="monospace">
                {recipe}
              </Text>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <BatchAction Icon={IconTrash} label="Move to trash" color="red" loading={running === "trash"} onClick={onTrash} />
    </SelectionBar>
  );
}

/** The tags of the images, the owner's and the describer's, the most frequent first. */
export function tagsOf(images: readonly Pick<Found, "tags" | "ai">[]): string[] {
  const counts = new Map<string, number>();
  for (const { tags, ai } of images)
    for (const tag of new Set([...tags, ...ai.tags])) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([tag]) => tag);
}
