import { ReactCompareSlider, ReactCompareSliderImage } from "react-compare-slider";
import type { Sides } from "../model/geometry";
import classes from "./EditorLayer.module.css";

interface Props {
  before: string;
  after: string;
  box: Sides;
}

const FIT = { objectFit: "contain" } as const;

/** Before at the left, after at the right of a line that is dragged, or moved with the arrow keys. A chunk of its own: see Stage. */
export default function CompareStage({ before, after, box }: Props) {
  return (
    <div className={classes.compare} style={{ width: box.width, height: box.height }}>
      <ReactCompareSlider
        style={{ width: "100%", height: "100%" }}
        keyboardIncrement="5%"
        itemOne={<ReactCompareSliderImage src={before} alt="Before" style={FIT} />}
        itemTwo={<ReactCompareSliderImage src={after} alt="After" style={FIT} />}
      />
      <span className={classes.before} aria-hidden>
        Before
      </span>
      <span className={classes.after} aria-hidden>
        After
      </span>
    </div>
  );
}
