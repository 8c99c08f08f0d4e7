import type { Box } from "~/lib/fitting";

const PANEL = 400;
const PHONE = 768;

/** About the room that the stage has for a picture, before there is a stage to be measured. */
export function roomOf({ innerWidth, innerHeight }: { innerWidth: number; innerHeight: number }): Box {
  return innerWidth <= PHONE
    ? { width: innerWidth - 32, height: innerHeight * 0.52 - 32 }
    : { width: innerWidth - PANEL - 32, height: innerHeight - 88 };
}
