import type { Icon } from "@tabler/icons-react";
import classes from "./Sign.module.css";

interface Props {
  Icon: Icon;
  /** Written beside the icon; a sign without one is told in the tile's name alone. */
  label?: string | undefined;
  isTurning?: boolean;
  isBad?: boolean;
}

/** A small sign on a picture: what state it is in, who can see it. */
export function Sign({ Icon, label, isTurning = false, isBad = false }: Props) {
  return (
    <span className={classes.sign} data-turning={isTurning || undefined} data-bad={isBad || undefined}>
      <Icon size={14} aria-hidden />
      {label}
    </span>
  );
}
