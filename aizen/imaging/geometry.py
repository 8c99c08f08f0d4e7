"""Which part of a picture a step shows, in what size, and where it stands. No pixel is touched here.

Sizes are (width, height) in pixels, boxes (left, top, right, bottom) from the upper left corner, points fractions of a picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, radians, sin
from typing import TypeAlias

from aizen.imaging.steps import (
    Crop,
    Length,
    Resize,
    StepRefused,
)
from aizen.imaging.turns import RIGHT_ANGLES, Box, Point, Size

ENLARGE_REFUSED = "enlarge_refused"
LARGER_THAN_SOURCE = "larger_than_source"

# A side before it is rounded up: 45° of a square must not gain a pixel from the last bits of a float.
_SLACK = 1e-6
_COMPASS: dict[str, Point] = {
    "center": (0.5, 0.5),
    "north": (0.5, 0),
    "north_east": (1, 0),
    "east": (1, 0.5),
    "south_east": (1, 1),
    "south": (0.5, 1),
    "south_west": (0, 1),
    "west": (0, 0.5),
    "north_west": (0, 0),
}

Sides: TypeAlias = tuple[int | None, int | None]


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """How a resize is done: a part of the picture, ``kept`` pixels of it, becomes ``scaled`` and stands on a picture of ``size``."""

    kept: tuple[float, float]
    scaled: Size
    size: Size
    warnings: tuple[str, ...] = ()


def crop_box(step: Crop, size: Size) -> tuple[int, int, int, int]:
    """The part of a picture of ``size`` that ``step`` keeps, in whole pixels and at least one each way.

    Raises ``StepRefused`` (outside_picture) where it reaches over the edge.
    """
    left, right = _span(step.x, step.width, size[0], names=("x", "width"))
    top, bottom = _span(step.y, step.height, size[1], names=("y", "height"))
    return left, top, right, bottom


def _span(start: Length, length: Length | None, side: int, *, names: tuple[str, str]) -> tuple[int, int]:
    first = start * side if isinstance(start, float) else start
    if not 0 <= first < side:
        raise _outside(f"The picture is {side} pixels here.", names[0], f"0 to {side - 1} pixels")
    if length is None:
        return min(round(first), side - 1), side
    last = first + (length * side if isinstance(length, float) else length)
    # Fractions such as 0.1 and 0.9 may add up to a little more than the whole.
    if not first < last <= side * (1 + _SLACK):
        rest = side - round(first)
        raise _outside(f"From {names[0]} on the picture is {rest} pixels here.", names[1], f"1 to {rest} pixels")
    begin = min(round(first), side - 1)
    return begin, min(max(round(last), begin + 1), side)


def _outside(detail: str, parameter: str, allowed: str) -> StepRefused:
    return StepRefused(detail, code="outside_picture", parameter=parameter, allowed=[allowed])


def rotated(angle: float, size: Size) -> Size:
    """The size of the smallest picture that holds one of ``size`` turned by ``angle`` degrees."""
    if angle in RIGHT_ANGLES:
        return (size[1], size[0]) if angle in (90, 270) else size
    across, down = abs(cos(radians(angle))), abs(sin(radians(angle)))
    width, height = size
    return max(1, ceil(width * across + height * down - _SLACK)), max(1, ceil(width * down + height * across - _SLACK))


def fitted(step: Resize, size: Size) -> Fitting:
    """How ``step`` is done to a picture of ``size``. Where one side alone is wanted, the other follows it."""
    width, height = target(step, size)
    if width is None or height is None or step.fit == "contain":
        return _contained(step, size, width, height)
    if step.fit == "pad":
        inner = _contained(step, size, width, height)
        return Fitting(kept=inner.kept, scaled=inner.scaled, size=(width, height), warnings=inner.warnings)
    return _covered(step, size, (width, height)) if step.fit == "cover" else _stretched(step, size, (width, height))


def target(step: Resize, size: Size) -> Sides:
    """The width and height that ``step`` wants of a picture of ``size``, in pixels; None follows from the other."""
    width, height = _side(step.width, size[0], step.dpr), _side(step.height, size[1], step.dpr)
    if step.aspect_ratio is None:
        return width, height
    across, down = step.aspect_ratio
    if width is None and height is None:
        # The picture itself is to have the ratio: by cutting as little as possible, or by padding as little.
        grow = max if step.fit in ("contain", "pad") else min
        scale = grow(size[0] / across, size[1] / down)
    else:
        scale = min(side / share for side, share in ((width, across), (height, down)) if side is not None)
    return max(1, round(across * scale)), max(1, round(down * scale))


def _side(wanted: Length | None, side: int, dpr: float) -> int | None:
    if wanted is None:
        return None
    return max(1, round(wanted * side) if isinstance(wanted, float) else round(wanted * dpr))


def _contained(step: Resize, size: Size, width: int | None, height: int | None) -> Fitting:
    scale = min((side / own for side, own in ((width, size[0]), (height, size[1])) if side is not None), default=1.0)
    warnings = _warned(step, enlarges=scale > 1)
    if not step.enlarge:
        scale = min(scale, 1.0)
    scaled = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return Fitting(kept=size, scaled=scaled, size=scaled, warnings=warnings)


def _covered(step: Resize, size: Size, wanted: Size) -> Fitting:
    scale = max(wanted[0] / size[0], wanted[1] / size[1])
    warnings = _warned(step, enlarges=scale > 1)
    if scale > 1 and not step.enlarge:
        # The aspect ratio that was asked for, as large as the picture has it.
        part = min(size[0], max(1, round(wanted[0] / scale))), min(size[1], max(1, round(wanted[1] / scale)))
        return Fitting(kept=part, scaled=part, size=part, warnings=warnings)
    kept = min(size[0], wanted[0] / scale), min(size[1], wanted[1] / scale)
    return Fitting(kept=kept, scaled=wanted, size=wanted, warnings=warnings)


def _stretched(step: Resize, size: Size, wanted: Size) -> Fitting:
    warnings = _warned(step, enlarges=wanted[0] > size[0] or wanted[1] > size[1])
    scaled = wanted if step.enlarge else (min(wanted[0], size[0]), min(wanted[1], size[1]))
    return Fitting(kept=size, scaled=scaled, size=scaled, warnings=warnings)


def _warned(step: Resize, *, enlarges: bool) -> tuple[str, ...]:
    if not enlarges:
        return ()
    return (LARGER_THAN_SOURCE,) if step.enlarge else (ENLARGE_REFUSED,)


def kept_box(step: Resize, size: Size, fitting: Fitting, *, focal: Point | None = None, found: Point | None = None) -> Box:
    """The part of a picture of ``size`` that ``fitting`` keeps, inside it.

    ``focal`` is the picture's focal point. ``found`` says where what is worth seeing was found, for a gravity of ``auto``: 0 keeps the left
    or upper end of what there is, 1 the right or lower one.
    """
    gravity = step.gravity if step.gravity is not None else focal
    shares = found if gravity == "auto" else _COMPASS.get(str(gravity))
    starts = []
    for axis, shift in enumerate((step.x, step.y)):
        kept, spare = fitting.kept[axis], size[axis] - fitting.kept[axis]
        middle = gravity[axis] * size[axis] if isinstance(gravity, tuple) else None
        start = (shares[axis] if shares else 0.5) * spare if middle is None else middle - kept / 2
        start = min(max(start + shift * kept / fitting.scaled[axis], 0), spare)
        # What is not scaled is cut between pixels, not through them.
        starts.append(round(start) if kept == fitting.scaled[axis] else start)
    return starts[0], starts[1], starts[0] + fitting.kept[0], starts[1] + fitting.kept[1]


def standing(step: Resize, fitting: Fitting) -> tuple[int, int]:
    """Where the upper left corner of the scaled picture stands on its ground, so that it is inside whole.

    A point of gravity is brought as near to the middle as that allows. Nothing is cut off, so the focal point has nothing to say.
    """
    offsets = []
    for axis, shift in enumerate((step.x, step.y)):
        spare = fitting.size[axis] - fitting.scaled[axis]
        if isinstance(step.gravity, tuple):
            start = fitting.size[axis] / 2 - step.gravity[axis] * fitting.scaled[axis]
        else:
            start = _COMPASS.get(str(step.gravity), (0.5, 0.5))[axis] * spare
        offsets.append(round(min(max(start + shift, 0), spare)))
    return offsets[0], offsets[1]


def refocused(focal: Point | None, size: Size, box: Box) -> Point | None:
    """Where the point ``focal`` of a picture of ``size`` is in its part ``box``, which may reach over it; at the edge if it is outside."""
    if focal is None:
        return None
    x = (focal[0] * size[0] - box[0]) / (box[2] - box[0])
    y = (focal[1] * size[1] - box[1]) / (box[3] - box[1])
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)


def swung(focal: Point | None, size: Size, angle: float) -> Point | None:
    """Where the point ``focal`` of a picture of ``size`` is when that is turned clockwise by ``angle`` degrees and its canvas has grown."""
    if focal is None:
        return None
    x, y = (focal[0] - 0.5) * size[0], (focal[1] - 0.5) * size[1]
    across, down = cos(radians(angle)), sin(radians(angle))
    width, height = rotated(angle, size)
    return (x * across - y * down) / width + 0.5, (x * down + y * across) / height + 0.5
