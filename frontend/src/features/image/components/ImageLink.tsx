import { Tooltip } from "@mantine/core";
import { Link, useLocation } from "react-router";
import type { Image } from "~/client";
import { Picture } from "~/components/Picture";
import { nameOf } from "~/lib/images";
import classes from "./Fields.module.css";

/** Another image of one's own, opened in place of this one. */
export function ImageLink({ image, note }: { image: Image; note?: string }) {
  const { search } = useLocation();
  const label = note === undefined ? nameOf(image) : `${nameOf(image)}, ${note}`;
  return (
    <Tooltip label={label} multiline maw={280}>
      <Link to={{ pathname: `/library/${image.id}`, search }} replace className={classes.thumb} aria-label={label}>
        <Picture image={image} alt="" width={110} />
      </Link>
    </Tooltip>
  );
}
