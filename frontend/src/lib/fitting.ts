export interface Box {
  width: number;
  height: number;
}

/** The largest size of the picture's shape that fits in the room, no larger than the picture is; each side has a pixel at least. */
export function fitted(picture: Box, room: Box): Box {
  const scale = Math.min(room.width / picture.width, room.height / picture.height, 1);
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return { width: side(picture.width), height: side(picture.height) };
}
