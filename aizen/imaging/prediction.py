"""What will come of a recipe: sizes, warnings and transparency, and how many pixels of the source it needs; or why it cannot be done.

No pixel is touched here. The engine does what is computed in ``geometry``, so that what was predicted is what is rendered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from aizen.imaging import ANIMATED_FORMATS, OutputFormat
from aizen.imaging.geometry import crop_box, fitted, rotated, target
from aizen.imaging.steps import (
    Background,
    Border,
    Crop,
    Flip,
    Ground,
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
from aizen.imaging.turns import RIGHT_ANGLES, Size

# The last bits of a float are no part of a pixel.
_SLACK = 1e-6


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
    width, height = target(step, (1, 1))
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
