import Lightbox from "yet-another-react-lightbox";
import ZoomPlugin from "yet-another-react-lightbox/plugins/zoom";
import "yet-another-react-lightbox/styles.css";
import type { Image } from "~/client";
import { altOf, variantFor } from "~/lib/images";

const PLUGINS = [ZoomPlugin];
const STILL = { buttonPrev: () => null, buttonNext: () => null };

interface Props {
  image: Image;
  onClose: () => void;
}

/** The picture alone, down to each of its pixels. */
export default function Zoom({ image, onClose }: Props) {
  const stills = image.variants
    .filter(({ format }) => format === "webp")
    .map(({ url, width, height }) => ({ src: url, width, height }));
  const original = image.image_url === null ? [] : [{ src: image.image_url, width: image.width, height: image.height }];
  return (
    <Lightbox
      open
      close={onClose}
      plugins={PLUGINS}
      carousel={{ finite: true, padding: 0 }}
      controller={{ closeOnBackdropClick: true, closeOnPullDown: true }}
      zoom={{ maxZoomPixelRatio: 2, scrollToZoom: true }}
      animation={{ fade: 120, swipe: 0 }}
      render={STILL}
      labels={{ Lightbox: "Zoomed picture", Close: "Leave the zoom" }}
      slides={[
        {
          src: variantFor(image, image.width)?.url ?? image.image_url ?? "",
          alt: altOf(image),
          width: image.width,
          height: image.height,
          srcSet: [...stills, ...original],
        },
      ]}
    />
  );
}
