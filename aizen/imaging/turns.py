"""The eight ways in which a picture can be turned and mirrored without touching a pixel, and what they do to sizes, boxes and points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Size: TypeAlias = tuple[int, int]
Box: TypeAlias = tuple[float, float, float, float]
Point: TypeAlias = tuple[float, float]
Orientation: TypeAlias = Literal[1, 2, 3, 4, 5, 6, 7, 8]

RIGHT_ANGLES = (0, 90, 180, 270)


@dataclass(frozen=True)
class Turn:
    """How a stored picture is shown: x and y are swapped first, then left and right, then top and bottom."""

    swapped: bool = False
    mirrored: bool = False
    flipped: bool = False

    @property
    def orientation(self) -> Orientation:
        """The same turn as an EXIF orientation."""
        return _ORIENTATIONS[self]

    def then(self, later: Turn) -> Turn:
        """This turn and after it ``later``, in one."""
        mirrored, flipped = (self.flipped, self.mirrored) if later.swapped else (self.mirrored, self.flipped)
        return Turn(self.swapped != later.swapped, mirrored != later.mirrored, flipped != later.flipped)

    def size(self, size: Size) -> Size:
        """The size in which a picture of ``size`` is shown; and the stored size of one that is shown in ``size``."""
        return (size[1], size[0]) if self.swapped else size

    def point(self, point: Point) -> Point:
        """Where the point ``point`` of the stored picture is shown."""
        x, y = (point[1], point[0]) if self.swapped else point
        return (1 - x if self.mirrored else x), (1 - y if self.flipped else y)

    def stored(self, box: Box, size: Size) -> Box:
        """Where the part ``box`` of a picture that is shown in ``size`` is stored."""
        left, top, right, bottom = box
        if self.mirrored:
            left, right = size[0] - right, size[0] - left
        if self.flipped:
            top, bottom = size[1] - bottom, size[1] - top
        return (top, left, bottom, right) if self.swapped else (left, top, right, bottom)


UPRIGHT = Turn()
MIRRORED = Turn(mirrored=True)
FLIPPED = Turn(flipped=True)
# Clockwise.
QUARTERS = {0: UPRIGHT, 90: Turn(True, True, False), 180: Turn(False, True, True), 270: Turn(True, False, True)}
TURNS: dict[Orientation, Turn] = {
    1: UPRIGHT,
    2: MIRRORED,
    3: QUARTERS[180],
    4: FLIPPED,
    5: Turn(swapped=True),
    6: QUARTERS[90],
    7: Turn(True, True, True),
    8: QUARTERS[270],
}
_ORIENTATIONS = {turn: orientation for orientation, turn in TURNS.items()}
