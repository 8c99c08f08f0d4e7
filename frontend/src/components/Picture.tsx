import { useState } from "react";
import type { Image, PublicImage } from "~/client";
import { srcSet, variantFor } from "~/lib/images";
import { placeholder } from "~/lib/thumbhash";
import classes from "./Picture.module.css";

interface Props {
  image: Pick<Image | PublicImage, "variants" | "thumbhash" | "dominant_color" | "width" | "height">;
  alt: string;
  /** CSS pixels that it is shown at, from which the browser chooses the variant. */
  width: number;
  fit?: "cover" | "contain";
  /** What is seen first is asked for at once, and before other things. */
  isEager?: boolean;
  className?: string;
}

/** A picture that fills its box: its colour first, then its blurred shape, then a variant that is as sharp as the screen. */
export function Picture({ image, alt, width, fit = "cover", isEager = false, className }: Props) {
  const [isLoaded, setLoaded] = useState(false);
  const variant = variantFor(image, width);
  const blurred = placeholder(image.thumbhash);
  return (
    <span
      className={[classes.box, className].filter(Boolean).join(" ")}
      data-fit={fit}
      data-loaded={isLoaded || undefined}
      style={{
        backgroundColor: fit === "cover" ? (image.dominant_color ?? undefined) : undefined,
        backgroundImage: blurred && fit === "cover" && !isLoaded ? `url(${blurred})` : undefined,
      }}
    >
      {variant && (
        <img
          src={variant.url}
          srcSet={srcSet(image) || undefined}
          sizes={`${Math.ceil(width)}px`}
          width={image.width}
          height={image.height}
          alt={alt}
          loading={isEager ? "eager" : "lazy"}
          fetchPriority={isEager ? "high" : "auto"}
          decoding="async"
          draggable={false}
          onLoad={() => setLoaded(true)}
        />
      )}
    </span>
  );
}
