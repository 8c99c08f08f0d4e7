import ReactCrop from "react-image-crop";
import "react-image-crop/dist/ReactCrop.css";
import type { Crop } from "../model/edit";
import type { Sides } from "../model/geometry";
import type { Ratio } from "./CropPanel";
import classes from "./EditorLayer.module.css";

interface Props {
  url: string;
  box: Sides;
  crop: Crop | null;
  ratio: Ratio;
  onChange: (crop: Crop) => void;
}

const LABELS = {
  cropArea: "The part that is kept. Arrow keys move it, with Shift by more.",
  nwDragHandle: "Top left corner of the crop",
  nDragHandle: "Top edge of the crop",
  neDragHandle: "Top right corner of the crop",
  eDragHandle: "Right edge of the crop",
  seDragHandle: "Bottom right corner of the crop",
  sDragHandle: "Bottom edge of the crop",
  swDragHandle: "Bottom left corner of the crop",
  wDragHandle: "Left edge of the crop",
};

/** The whole upright picture, with the part that is kept. A chunk of its own: see Stage. */
export default function CropStage({ url, box, crop, ratio, onChange }: Props) {
  const { x, y, width, height } = crop ?? { x: 0, y: 0, width: 1, height: 1 };
  return (
    <ReactCrop
      className={classes.cropper}
      crop={{ unit: "%", x: x * 100, y: y * 100, width: width * 100, height: height * 100 }}
      {...(ratio !== undefined && { aspect: ratio })}
      minWidth={8}
      minHeight={8}
      keepSelection
      ruleOfThirds
      ariaLabels={LABELS}
      onChange={(_pixels, part) => onChange(fractions(part))}
    >
      <img src={url} alt="The original" width={box.width} height={box.height} draggable={false} />
    </ReactCrop>
  );
}

function fractions({ x, y, width, height }: Crop): Crop {
  return { x: x / 100, y: y / 100, width: width / 100, height: height / 100 };
}
