import { Text } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useState } from "react";
import { type Dropped, filesOf, hasFiles } from "../dropped";
import classes from "./DropVeil.module.css";

/** Lies over the whole window while files are dragged across it, wherever they may be dropped. */
export function DropVeil({ onDrop }: { onDrop: (dropped: Dropped) => void }) {
  const [isOver, setOver] = useState(false);
  const drop = useEffectEvent((data: DataTransfer) => {
    void filesOf(data).then(onDrop);
  });
  useEffect(() => {
    // Each element that is entered tells so, and each that is left.
    let depth = 0;
    const whenFiles = (handle: (event: DragEvent, data: DataTransfer) => void) => (event: DragEvent) => {
      if (event.dataTransfer === null || !hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      handle(event, event.dataTransfer);
    };
    const leave = () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const handlers = {
      dragenter: whenFiles(() => {
        depth += 1;
        setOver(true);
      }),
      dragover: whenFiles((_event, data) => {
        data.dropEffect = "copy";
      }),
      dragleave: whenFiles(leave),
      drop: whenFiles((_event, data) => {
        depth = 0;
        setOver(false);
        drop(data);
      }),
    };
    for (const [name, handler] of entries(handlers)) window.addEventListener(name, handler);
    return () => {
      for (const [name, handler] of entries(handlers)) window.removeEventListener(name, handler);
    };
  }, []);
  return isOver ? (
    <div className={classes.veil} aria-hidden>
      <div className={classes.frame}>
        <IconUpload size={40} />
        <Text fw={600} size="lg">
          Drop to upload
        </Text>
      </div>
    </div>
  ) : null;
}

type DragEvents = "dragenter" | "dragover" | "dragleave" | "drop";

function entries(handlers: Record<DragEvents, (event: DragEvent) => void>) {
  return (["dragenter", "dragover", "dragleave", "drop"] as const).map((name) => [name, handlers[name]] as const);
}
