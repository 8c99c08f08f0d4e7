"""Renderings: a source, an order of steps, and the file that comes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any

from PIL import Image

from aizen.errors import TooLarge, Unreadable, UnsupportedMedia
from aizen.imaging import Limits, Order, Rendered, attention, editing, filters, watermarks, writing
from aizen.imaging.animation import Frames, Reel
from aizen.imaging.canvas import Canvas, decoded
from aizen.imaging.colors import uses_alpha
from aizen.imaging.geometry import fitted
from aizen.imaging.opening import opened, orientation
from aizen.imaging.prediction import Bounds, after, bound_result, needed_scale, numbered, require_animated
from aizen.imaging.steps import (
    Background,
    Border,
    Crop,
    Filter,
    Flip,
    Mirror,
    OutputRefused,
    Pad,
    Radius,
    Resize,
    Rotate,
    Step,
    StepRefused,
    Trim,
    Watermark,
)
from aizen.imaging.turns import TURNS, Box, Point, Size

TRIM_FOUND_NOTHING = "trim_found_nothing"

_SLACK = 1e-6
# The pictures of watermarks that are kept for the next frame, in pixels: whatever has many frames has small ones.
_KEPT_MARK_PIXELS = 1 << 23
_EDITS: dict[type[Step], Callable[[Canvas, Any], Canvas]] = {
    Crop: editing.crop,
    Rotate: editing.rotate,
    Flip: editing.flip,
    Mirror: editing.mirror,
    Background: editing.background,
    Pad: editing.pad,
    Radius: editing.radius,
    Border: editing.border,
}


def render(order: Order) -> Rendered:
    """The file at ``order.target`` is written: upright, in sRGB, each step done to what the one before it made.

    An animation keeps its frames, in a format that has any. Raises ``StepRefused`` and ``OutputRefused`` for what this picture does not
    allow, and whatever ``inspection.inspect`` raises for a source that cannot be read; MemoryError where it is bounded.
    """
    rendering = _Rendering(order)
    with opened(order.source, order.limits) as source:
        if order.frame is None and Reel(source).count > 1:
            return rendering.animation(source)
        rendering.begin(_still(source, order))
    # Without this name the source's pixels are gone as soon as a step has made others of them.
    del source
    return rendering.still()


class _Rendering:
    """An order that is being carried out, what is decided for all frames, and the warnings so far."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._bounds = Bounds(max_side=order.max_side, max_pixels=order.limits.max_pixels)
        self._canvas: Canvas | None = None
        self._warnings: dict[str, None] = {}
        # By the number of their step.
        self._borders: dict[int, Box | None] = {}
        self._found: dict[int, Point] = {}
        # By the picture's name and the width in which it is seen.
        self._marks: dict[tuple[str, int], Image.Image] = {}

    def begin(self, canvas: Canvas) -> None:
        """The steps are done to ``canvas`` next, which nobody else should keep: it may be large."""
        self._canvas = canvas

    def still(self) -> Rendered:
        order = self._order
        image = self._edited()
        written = writing.write(image, order.encoding, order.target, rights=order.rights)
        return self._rendered(image.size, 1, written)

    def animation(self, source: Image.Image) -> Rendered:
        order = self._order
        require_animated(order.encoding.format)
        turn, profile = TURNS[orientation(source)], source.info.get("icc_profile")
        reel = Reel(source)
        self._bounds = replace(self._bounds, frames=reel.count)

        def begun(frame: Image.Image) -> None:
            box = (0, 0, *frame.size)
            self.begin(Canvas(image=frame, box=box, size=order.size, turn=turn, profile=profile, focal=order.focal_point))

        def prepared(frame: Image.Image) -> Image.Image:
            begun(frame)
            return self._edited()

        self._find_borders(reel, begun)
        frames = Frames(source, prepared)
        written = writing.write_animation(frames, order.encoding, order.target, rights=order.rights)
        return self._rendered(frames.size, frames.n_frames, written)

    def _rendered(self, size: Size, frames: int, written: writing.Written) -> Rendered:
        return Rendered(
            format=self._order.encoding.format,
            width=size[0],
            height=size[1],
            frames=frames,
            bytes=written.bytes,
            warnings=tuple(dict.fromkeys((*self._warnings, *written.warnings))),
        )

    def _find_borders(self, reel: Reel, begin: Callable[[Image.Image], None]) -> None:
        """What every trim leaves is known, and holds whatever any of the frames has inside its border."""
        for index, step in enumerate(self._order.steps):
            if isinstance(step, Trim):
                inside: Box | None = None
                for number in range(reel.count):
                    begin(reel.pixels(number))
                    image = self._after(index).pixels()
                    inside = _around(inside, editing.inside_border(image, step))
                    whole: Box = (0, 0, *image.size)
                    if inside == whole:
                        break
                self._borders[index] = inside

    def _edited(self) -> Image.Image:
        order = self._order
        self._canvas = self._after(len(order.steps))
        bound_result(self._canvas.size, order.steps, max_side=order.max_side)
        image, self._canvas = self._canvas.pixels(), None
        return image

    def _after(self, count: int) -> Canvas:
        """What the first ``count`` steps make of the picture that was begun."""
        assert self._canvas is not None
        for index, step in enumerate(self._order.steps[:count]):
            with numbered(index):
                _, warnings = after(step, self._canvas.size, bounds=self._bounds)
                self._warnings.update(dict.fromkeys(warnings))
                self._canvas = self._applied(index, step, self._canvas)
        return self._canvas

    def _applied(self, index: int, step: Step, canvas: Canvas) -> Canvas:
        match step:
            case Trim():
                return self._trimmed(index, step, canvas)
            case Resize():
                return editing.resize(canvas, step, found=self._looked_for(index, step, canvas))
            case Filter():
                return canvas.showing(filters.apply(canvas.pixels(), step))
            case Watermark():
                picture = self._mark(step, canvas) if step.image is not None else None
                return canvas.showing(watermarks.draw(canvas.pixels(), step, picture=picture, font=self._order.font))
            case _:
                return _EDITS[type(step)](canvas, step)

    def _trimmed(self, index: int, step: Trim, canvas: Canvas) -> Canvas:
        canvas = canvas.showing(canvas.pixels())
        if index not in self._borders:
            self._borders[index] = editing.inside_border(canvas.image, step)
        box = self._borders[index]
        if box is None or box == (0, 0, *canvas.size):
            self._warnings[TRIM_FOUND_NOTHING] = None
            return canvas
        return canvas.cropped(box)

    def _looked_for(self, index: int, step: Resize, canvas: Canvas) -> Point | None:
        if step.gravity != "auto" or step.fit != "cover":
            return None
        if index not in self._found:
            kept = fitted(step, canvas.size).kept
            share = kept[0] / canvas.size[0], kept[1] / canvas.size[1]
            self._found[index] = attention.looked_for(canvas.preview(attention.LONGEST), share)
        return self._found[index]

    def _mark(self, step: Watermark, canvas: Canvas) -> Image.Image:
        """The picture that ``step`` lays over ``canvas``, no larger than it will be seen."""
        name, width = str(step.image), max(1, round(step.scale * canvas.size[0]))
        if (name, width) in self._marks:
            return self._marks[name, width]
        try:
            mark = _picture(self._order.watermarks[name], width=width, limits=self._order.limits)
        except (Unreadable, TooLarge, UnsupportedMedia) as error:
            raise StepRefused(error.detail, code=error.code, parameter="image") from error
        if sum(kept.width * kept.height for kept in (*self._marks.values(), mark)) <= _KEPT_MARK_PIXELS:
            self._marks[name, width] = mark
        return mark


def _around(one: Box | None, other: Box | None) -> Box | None:
    """The smallest box that holds both; None is no box."""
    if one is None or other is None:
        return other if one is None else one
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _still(source: Image.Image, order: Order) -> Canvas:
    """The picture of an opened source, or the frame of it that was asked for, decoded with no more pixels than the steps need."""
    reel = Reel(source)
    if reel.count == 1 and order.frame in (None, 0):
        least = _scaled(order.size, needed_scale(order.steps, order.size))
        return replace(decoded(source, order.size, least=least), focal=order.focal_point)
    turn, profile = TURNS[orientation(source)], source.info.get("icc_profile")
    frame = order.frame or 0
    if frame >= reel.count:
        last = reel.count - 1
        raise OutputRefused(
            f"The picture has {reel.count} frame{'s' if last else ''}.",
            code="frame_out_of_range",
            parameter="frame",
            allowed=[f"0 to {last}" if last else "0"],
        )
    pixels = reel.pixels(frame)
    pixels = pixels if uses_alpha(pixels) else pixels.convert("RGB")
    return Canvas(image=pixels, box=(0, 0, *pixels.size), size=order.size, turn=turn, profile=profile, focal=order.focal_point)


def _scaled(size: Size, scale: float) -> Size:
    # The last bits of a float must not cost four times the pixels.
    return ceil(size[0] * scale - _SLACK), ceil(size[1] * scale - _SLACK)


def _picture(path: str, *, width: int, limits: Limits) -> Image.Image:
    """The first frame of the picture at ``path``, as wide as ``width`` or as wide as it is."""
    with opened(path, limits) as source:
        size = TURNS[orientation(source)].size(source.size)
        scale = min(1.0, width / size[0])
        canvas = decoded(source, size, least=_scaled(size, scale))
    return canvas.pixels(size=(max(1, round(size[0] * scale)), max(1, round(size[1] * scale))))
