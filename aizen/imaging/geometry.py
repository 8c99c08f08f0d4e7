"""What size comes of a recipe, which part of a picture it shows, and how many pixels of the source it needs. No pixel is touched here.

Sizes are (width, height) in pixels, boxes (left, top, right, bottom) from the upper left corner, points fractions of a picture. The engine
does what is computed here, so that what was predicted is what is rendered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, cos, radians, sin
from typing import TypeAlias

from aizen.imaging import ANIMATED_FORMATS, OutputFormat
from aizen.imaging.steps import (
    Background,
    Border,
    Crop,
    Flip,
    Ground,
    Length,
    Mirror,
    OutputRefused,
    Pad,
    Radius,
    Resize,
    Rotate,
    Step,
    StepRefused,
    Trim,
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

_Sides: TypeAlias = tuple[int | None, int | None]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a step may make: no side longer than ``max_side``, no more pixels than its square, and ``max_pixels`` in all ``frames``.

    What a picture has already it may keep. ``max_pixels`` None, or a single frame, has no bound of its own.
    """

    max_side: int
    frames: int = 1
    max_pixels: int | None = None


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What will come of a recipe: the size after each step and in the end, None where only the pixels can tell.

    ``transparent`` means that some pixel of the result may not be opaque.
    """

    sizes: tuple[Size | None, ...]
    size: Size | None
    warnings: tuple[str, ...]
    transparent: bool


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """How a resize is done: a part of the picture, ``kept`` pixels of it, becomes ``scaled`` and stands on a picture of ``size``."""

    kept: tuple[float, float]
    scaled: Size
    size: Size
    warnings: tuple[str, ...] = ()


def predict(
    steps: Sequence[Step], size: Size, *, max_side: int, has_alpha: bool = False, frames: int = 1, max_pixels: int | None = None
) -> Prediction:
    """What ``steps`` make of an upright picture of ``size``, or of an animation of so many ``frames``.

    Raises ``StepRefused`` for what cannot be done to it, and code result_too_large for a step that would make more than ``Bounds`` allow,
    or for a result with a side longer than ``max_side``.
    """
    bounds = Bounds(max_side=max_side, frames=frames, max_pixels=max_pixels)
    sizes: list[Size | None] = []
    warnings: dict[str, None] = {}
    now: Size | None = size
    transparent = has_alpha
    for index, step in enumerate(steps):
        with numbered(index):
            now, arisen = after(step, now, bounds=bounds)
        sizes.append(now)
        warnings.update(dict.fromkeys(arisen))
        transparent = _transparent(step, before=transparent)
    bound_result(now, steps, max_side=max_side)
    return Prediction(sizes=tuple(sizes), size=now, warnings=tuple(warnings), transparent=transparent)


def bound_result(size: Size | None, steps: Sequence[Step], *, max_side: int) -> None:
    """Nothing, where ``size`` may be the result of ``steps``. Raises ``StepRefused`` (result_too_large) on the last of them."""
    if size is not None and max(size) > max_side:
        with numbered(max(len(steps) - 1, 0)):
            raise _too_large(size, f"at most {max_side} pixels on either side", parameter=None)


def require_animated(form: OutputFormat) -> None:
    """Nothing, where ``form`` keeps an animation. Raises ``OutputRefused`` (animation_not_kept)."""
    if form not in ANIMATED_FORMATS:
        raise OutputRefused(
            f"The picture is an animation, which {form} does not keep.",
            code="animation_not_kept",
            allowed=(*ANIMATED_FORMATS, "frame=0"),
        )


@contextmanager
def numbered(step: int) -> Iterator[None]:
    """A ``StepRefused`` raised in here says that it is about ``step``."""
    try:
        yield
    except StepRefused as error:
        error.step = step
        raise


def after(step: Step, size: Size | None, *, bounds: Bounds) -> tuple[Size | None, tuple[str, ...]]:
    """The size after ``step`` was done to a picture of ``size``, and the warnings that arise. None is a size that nobody knows yet.

    Raises ``StepRefused``: a step may leave more than ``bounds`` allow, but never make it.
    """
    if isinstance(step, Resize):
        fitting = fitted(step, size) if size is not None else None
        made = fitting.size if fitting else _settled(step)
        warnings = fitting.warnings if fitting else ()
    else:
        made, warnings = (_changed(step, size) if size is not None else _told(step)), ()
    if made is not None:
        _bound(step, made, before=size or (0, 0), bounds=bounds)
    return made, warnings


def _bound(step: Step, made: Size, *, before: Size, bounds: Bounds) -> None:
    parameter = _told_by(step, made, before=before, bounds=bounds)
    if max(made) > max(bounds.max_side, *before):
        raise _too_large(made, f"at most {bounds.max_side} pixels on either side", parameter=parameter)
    # A long and narrow picture, turned or padded, would be a square of its longest side.
    pixels, had = made[0] * made[1], before[0] * before[1]
    most = max(bounds.max_side**2, had)
    if pixels > most:
        raise _too_large(made, f"at most {most} pixels in all", parameter=parameter)
    if bounds.frames > 1 and bounds.max_pixels is not None and pixels * bounds.frames > max(bounds.max_pixels, had * bounds.frames):
        raise StepRefused(
            f"The animation would have {bounds.frames} frames of {made[0]} × {made[1]} pixels here.",
            code="result_too_large",
            parameter=parameter,
            allowed=[f"at most {bounds.max_pixels} pixels in all frames together"],
        )


def _told_by(step: Step, made: Size, *, before: Size, bounds: Bounds) -> str | None:
    """The field that has made the picture as large as it is; None is the whole step."""
    if not isinstance(step, Resize):
        return None
    if step.width is None:
        return "aspect_ratio" if step.height is None else "height"
    too_tall = made[0] <= bounds.max_side and made[1] > max(bounds.max_side, before[1])
    return "height" if step.height is not None and too_tall else "width"


def _changed(step: Step, size: Size) -> Size | None:
    width, height = size
    match step:
        case Trim():
            return None
        case Crop():
            left, top, right, bottom = crop_box(step, size)
            return right - left, bottom - top
        case Rotate():
            return rotated(step.angle, size)
        case Pad():
            return width + step.left + step.right, height + step.top + step.bottom
        case Border():
            return width + 2 * step.width, height + 2 * step.width
        case _:
            return size


def _told(step: Step) -> Size | None:
    """The size that ``step`` gives to every picture that it can be done to."""
    if isinstance(step, Crop) and isinstance(step.width, int) and isinstance(step.height, int):
        return step.width, step.height
    return None


def _settled(step: Resize) -> Size | None:
    """The size that ``step`` gives to every picture."""
    if isinstance(step.width, float) or isinstance(step.height, float):
        return None
    width, height = _target(step, (1, 1))
    exact = step.fit == "pad" or (step.enlarge and step.fit in ("cover", "stretch"))
    # A ratio alone goes by the picture's own size.
    told = step.width is not None or step.height is not None
    return (width, height) if exact and told and width is not None and height is not None else None


def _transparent(step: Step, *, before: bool) -> bool:
    match step:
        case Background():
            return before and step.color[3] < 255
        case Radius():
            return before or step.radius != 0
        case Border():
            return before or (step.width > 0 and step.color[3] < 255)
        case Pad():
            return _on(step.background, before=before)
        case Resize(fit="pad"):
            return _on(step.background, before=before)
        case Rotate():
            return before if step.angle in RIGHT_ANGLES else _on(step.background, before=before)
        case _:
            return before


def _on(ground: Ground | None, *, before: bool) -> bool:
    if ground == "blur":
        return before
    return ground is None or ground[3] < 255


def _too_large(size: Size, allowed: str, *, parameter: str | None) -> StepRefused:
    return StepRefused(
        f"The picture would be {size[0]} × {size[1]} pixels here.",
        code="result_too_large",
        parameter=parameter,
        allowed=[allowed],
    )


def needed_scale(steps: Sequence[Step], size: Size) -> float:
    """How small a copy of a picture of ``size`` may be (0 < scale ≤ 1) so that ``steps`` lose nothing of their result.

    It is 1 where something other than a crop or a turn by right angles comes before the first resize. Raises ``StepRefused``.
    """
    for index, step in enumerate(steps):
        with numbered(index):
            if isinstance(step, Resize):
                fitting = fitted(step, size)
                return min(1.0, max(fitting.scaled[0] / fitting.kept[0], fitting.scaled[1] / fitting.kept[1]))
            if not _keeps_pixels(step):
                return 1.0
            size = _changed(step, size) or size
    return 1.0


def _keeps_pixels(step: Step) -> bool:
    return isinstance(step, Crop | Flip | Mirror) or (isinstance(step, Rotate) and step.angle in RIGHT_ANGLES)


def level_covers(level_size: Size, size: Size, scale: float) -> bool:
    """Whether a copy of ``level_size`` has all the pixels of a picture of ``size`` at ``scale``.

    Half a pixel may be missing: that much was rounded off when the copy was made.
    """
    return all(have + 0.5 + _SLACK >= full * scale for have, full in zip(level_size, size, strict=True))


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
    width, height = _target(step, size)
    if width is None or height is None or step.fit == "contain":
        return _contained(step, size, width, height)
    if step.fit == "pad":
        inner = _contained(step, size, width, height)
        return Fitting(kept=inner.kept, scaled=inner.scaled, size=(width, height), warnings=inner.warnings)
    return _covered(step, size, (width, height)) if step.fit == "cover" else _stretched(step, size, (width, height))


def _target(step: Resize, size: Size) -> _Sides:
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
