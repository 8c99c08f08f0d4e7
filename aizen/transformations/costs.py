"""What a recipe costs, in pixels: those that are decoded, and those that each of its steps makes."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from aizen.imaging.prediction import Bounds, Prediction, after
from aizen.imaging.steps import Border, Pad, Resize, Rotate, Step
from aizen.imaging.turns import Size

_MEGAPIXEL = 1_000_000
# Only what is asked for is bounded; what it may come to at most is not.
_ANY_SIDE = 1_000_000_000


def megapixels(pixels: int) -> int:
    """Whole millions, and at least one."""
    return max(1, ceil(pixels / _MEGAPIXEL))


def made_pixels(steps: Sequence[Step], size: Size, prediction: Prediction, *, max_side: int) -> int:
    """How many pixels all ``steps`` together make of one frame of ``size``; without any, it is written as it is.

    A size that only the pixels can tell counts as the most that it can be.
    """
    now, made = size, 0
    for step, predicted in zip(steps, prediction.sizes, strict=True):
        now = predicted or _most(step, now, max_side=max_side)
        made += now[0] * now[1]
    return made or size[0] * size[1]


def _most(step: Step, most: Size, *, max_side: int) -> Size:
    """The most that ``step`` can make of a picture of at most ``most``."""
    match step:
        case Resize(enlarge=True) | Resize(fit="pad"):
            width, height = (round(side * step.dpr) if isinstance(side, int) else max_side for side in (step.width, step.height))
            return min(width, max_side), min(height, max_side)
        case Rotate() | Pad() | Border():
            return after(step, most, bounds=Bounds(max_side=_ANY_SIDE))[0] or most
        case _:
            return most
