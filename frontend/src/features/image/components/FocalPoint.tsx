import { Button, Group, Text } from "@mantine/core";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useState } from "react";
import type { FocalPoint as Point, Image } from "~/client";
import { told } from "~/lib/told";
import { useEdit } from "../api/editing";
import classes from "./Stage.module.css";

const STEP = 0.02;
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

interface Props {
  image: Image;
  children: ReactNode;
  onDone: () => void;
}

/** What matters most in the picture is pointed at, by a click or with the arrow keys: crops keep it. */
export function FocalPoint({ image, children, onDone }: Props) {
  const edit = useEdit(image.id);
  const [point, setPoint] = useState<Point>(image.focal_point ?? { x: 0.5, y: 0.5 });
  const save = (next: Point | null) => {
    onDone();
    edit({ focal_point: next }, {}).then(
      () => told.done(next === null ? "The focal point is gone." : "The focal point is set."),
      (error: unknown) => told.failed(error, "The focal point was not saved"),
    );
  };
  const click = (event: MouseEvent<HTMLButtonElement>) => {
    // A key that presses the button is told from a click by its place, which is none.
    if (event.detail === 0) {
      save(point);
      return;
    }
    const box = event.currentTarget.getBoundingClientRect();
    save({ x: share(event.clientX - box.left, box.width), y: share(event.clientY - box.top, box.height) });
  };
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setPoint({ x: share(point.x + step[0], 1), y: share(point.y + step[1], 1) });
  };
  return (
    <>
      <button
        type="button"
        className={classes.aim}
        onClick={click}
        onKeyDown={move}
        aria-label={`Focal point: ${inPercent(point.x)} from the left, ${inPercent(point.y)} from the top. The arrow keys move it, Enter sets it.`}
        data-autofocus
      >
        {children}
        <span className={classes.point} style={{ left: `${point.x * 100}%`, top: `${point.y * 100}%` }} aria-hidden />
      </button>
      <Group gap="sm" className={classes.hint} wrap="nowrap">
        <Text size="sm">Click what crops should keep</Text>
        {image.focal_point && (
          <Button size="compact-sm" variant="default" onClick={() => save(null)}>
            Clear
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </>
  );
}

function share(part: number, whole: number): number {
  return Math.round(Math.min(1, Math.max(0, whole > 0 ? part / whole : 0.5)) * 1000) / 1000;
}

export function inPercent(value: number): string {
  return `${Math.round(value * 100)} %`;
}
