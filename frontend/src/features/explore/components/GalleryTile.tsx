import { Link } from "react-router";
import type { PublicImage } from "~/client";
import { Picture } from "~/components/Picture";
import type { Tile } from "~/components/PictureWall";
import { nameInList } from "../publicImage";
import classes from "./GalleryTile.module.css";

/** A picture of the wall; its title and whose it is are there for whoever points at it. */
export function GalleryTile({ image, tile, search }: { image: PublicImage; tile: Tile; search: string }) {
  return (
    <Link
      to={{ pathname: `/explore/${image.id}`, search }}
      state={FROM_WALL}
      preventScrollReset
      data-tile={image.id}
      tabIndex={tile.tabIndex}
      aria-label={nameInList(image)}
      className={classes.tile}
    >
      <Picture image={image} alt="" width={tile.width} isEager={tile.isEager} />
      <span className={classes.caption} aria-hidden>
        {image.title && (
          <span className={classes.title} dir="auto">
            {image.title}
          </span>
        )}
        <span className={classes.by}>{image.user.username}</span>
      </span>
    </Link>
  );
}

/** The history entry's mark of a picture that lies over the wall; without it the picture is a page of its own. */
export const FROM_WALL = { isFromWall: true };

export function isFromWall(state: unknown): boolean {
  return typeof state === "object" && state !== null && "isFromWall" in state;
}
