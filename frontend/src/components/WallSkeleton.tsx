import { Skeleton, VisuallyHidden } from "@mantine/core";
import classes from "./WallSkeleton.module.css";

const WIDTHS = [3, 2, 4, 3, 2, 3, 4, 2, 3, 3, 2, 4, 3, 4, 2, 3, 3, 2];

/** Where a wall of pictures is going to stand. */
export function WallSkeleton() {
  return (
    <div className={classes.wall} role="status">
      <VisuallyHidden>Loading</VisuallyHidden>
      {WIDTHS.map((share, index) => (
        <Skeleton key={index} radius="sm" className={classes.tile} style={{ flexGrow: share }} />
      ))}
    </div>
  );
}
