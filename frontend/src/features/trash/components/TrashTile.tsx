import { IconClock } from "@tabler/icons-react";
import { memo } from "react";
import type { Found } from "~/client";
import { SelectableTile } from "~/components/SelectableTile";
import { Sign } from "~/components/Sign";
import { plural } from "~/lib/format";
import { daysLeft } from "../stay";

interface Props {
  image: Found;
  width: number;
  height: number;
  tabIndex: 0 | -1;
  isEager: boolean;
  /** Seconds that an image stays in the trash. */
  stays: number;
  isChosen: boolean;
  isChoosing: boolean;
  onToggle: (id: string, isRange: boolean) => void;
}

export const TrashTile = memo(function TrashTile(props: Props) {
  const { image, width, height, tabIndex, isEager, stays, ...choosing } = props;
  const days = image.trashed_at === null ? undefined : daysLeft(image.trashed_at, stays);
  const left = days === undefined ? undefined : days === 0 ? "last day" : plural(days, "day");
  return (
    <SelectableTile
      image={image}
      tile={{ width, height, tabIndex, isEager }}
      {...choosing}
      states={left === undefined ? [] : [days === 0 ? left : `${left} left`]}
    >
      {left !== undefined && <Sign Icon={IconClock} label={left} />}
    </SelectableTile>
  );
});
