import { UnstyledButton } from "@mantine/core";
import { IconCircleCheckFilled, IconCircle } from "@tabler/icons-react";
import type { MouseEvent, ReactNode } from "react";
import { Link, type To } from "react-router";
import type { Image } from "~/client";
import { nameOf } from "~/lib/images";
import { useLongPress } from "~/lib/longPress";
import { Picture } from "./Picture";
import type { Tile } from "./PictureWall";
import classes from "./SelectableTile.module.css";

interface Props {
  image: Image;
  tile: Tile;
  isChosen: boolean;
  isChoosing: boolean;
  onToggle: (id: string, isRange: boolean) => void;
  /** Where a click leads while nothing is chosen; without it a click always chooses. */
  to?: To;
  /** What is said of the image besides its name. */
  states?: readonly string[];
  /** Signs that lie on the picture. */
  children?: ReactNode;
  /** Under the name, on hover and focus. */
  note?: string | undefined;
}

/** A picture on a wall that opens on a click and is chosen by its check mark, a long press, or a click while others are chosen. */
export function SelectableTile(props: Props) {
  const { image, tile, isChosen, isChoosing, onToggle, to, states = [], children, note } = props;
  const name = nameOf(image);
  const press = useLongPress(() => onToggle(image.id, false));
  const click = (event: MouseEvent) => {
    const isDone = press.wasLong();
    const opens = to !== undefined && (event.ctrlKey || event.metaKey || (!isChoosing && !event.shiftKey));
    if (opens && !isDone) return;
    event.preventDefault();
    if (!isDone) onToggle(image.id, event.shiftKey);
  };
  const target = {
    "data-tile": image.id,
    tabIndex: tile.tabIndex,
    className: classes.target,
    "aria-label": [name, ...states, ...(isChosen ? ["selected"] : [])].join(", "),
    onClick: click,
    ...press.handlers,
  };
  const picture = <Picture image={image} alt="" width={tile.width} isEager={tile.isEager} />;
  return (
    <div className={classes.tile} data-chosen={isChosen || undefined} data-choosing={isChoosing || undefined}>
      <div className={classes.picture}>
        {to === undefined ? (
          <UnstyledButton {...target} aria-pressed={isChosen}>
            {picture}
          </UnstyledButton>
        ) : (
          <Link {...target} to={to} preventScrollReset draggable={false}>
            {picture}
          </Link>
        )}
        <div className={classes.signs} aria-hidden>
          {children}
        </div>
        <div className={classes.caption} aria-hidden>
          <span>{name}</span>
          {note !== undefined && <span className={classes.note}>{note}</span>}
        </div>
      </div>
      <UnstyledButton
        className={classes.check}
        // The keyboard chooses by X from the picture itself.
        tabIndex={-1}
        aria-pressed={isChosen}
        aria-label={`Select ${name}`}
        onClick={(event: MouseEvent) => onToggle(image.id, event.shiftKey)}
      >
        {isChosen ? <IconCircleCheckFilled size={24} aria-hidden /> : <IconCircle size={24} stroke={2} aria-hidden />}
      </UnstyledButton>
    </div>
  );
}
