interface Box {
  width: number;
  height: number;
}

const PANEL = 400;
const PHONE = 768;

/** The largest size of the picture's shape that fits, and that is no larger than the picture. */
export function fitted(picture: Box, room: Box): Box {
  const scale = Math.min(room.width / picture.width, room.height / picture.height, 1);
  return { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
}

/** About the room that the stage has for a picture, before there is a stage to be measured. */
export function roomOf({ innerWidth, innerHeight }: { innerWidth: number; innerHeight: number }): Box {
  return innerWidth <= PHONE
    ? { width: innerWidth - 32, height: innerHeight * 0.52 - 32 }
    : { width: innerWidth - PANEL - 32, height: innerHeight - 88 };
}
