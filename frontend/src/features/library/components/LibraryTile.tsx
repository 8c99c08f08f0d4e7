import { memo } from "react";
import type { Found } from "~/client";
import { SelectableTile } from "~/components/SelectableTile";
import { Sign } from "~/components/Sign";
import { statesOf } from "../states";

interface Props {
  image: Found;
  width: number;
  height: number;
  tabIndex: 0 | -1;
  isEager: boolean;
  isChosen: boolean;
  isChoosing: boolean;
  onToggle: (id: string, isRange: boolean) => void;
  /** The list's own query: the image opens over it. */
  search: string;
}

/** Drawn anew only when something about it has changed: scrolling draws many of them. */
export const LibraryTile = memo(function LibraryTile(props: Props) {
  const { image, width, height, tabIndex, isEager, search, ...choosing } = props;
  const states = statesOf(image);
  const isFoundElsewhere = image.matched && image.matched.field !== "title" && image.matched.field !== "file_name";
  return (
    <SelectableTile
      image={image}
      tile={{ width, height, tabIndex, isEager }}
      {...choosing}
      to={{ pathname: `/library/${image.id}`, search }}
      states={states.map(({ says }) => says)}
      note={isFoundElsewhere ? image.matched?.snippet : undefined}
    >
      {states.map(({ says, Icon, label, isTurning = false, isBad = false }) => (
        <Sign key={says} Icon={Icon} label={width > 120 ? label : undefined} isTurning={isTurning} isBad={isBad} />
      ))}
    </SelectableTile>
  );
});
