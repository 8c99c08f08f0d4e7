"""The files that are made of every picture: variants for viewers, and mezzanine levels from which later transformations start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from PIL import Image

from aizen.imaging import Format, Limits, Picture, PlannedRendition, Rendition, Rights
from aizen.imaging.animation import animated_webp
from aizen.imaging.canvas import Canvas, decoded
from aizen.imaging.encoding import LONGEST_SIDE, MEZZANINE_QUALITY, QUALITY, encode
from aizen.imaging.opening import decoding, opened, orientation
from aizen.imaging.rights import embedded
from aizen.imaging.turns import TURNS, Size

Seen = Callable[[Canvas], None]

MEZZANINE_SIDES = (2048, 1024, 512)
POSTER_SIDE = 1280

# A level that is this near to the one before it is made from what that one was made from: a second Lanczos over so small a step would
# soften it (0.995 instead of 0.997 of structural similarity at 1920 px after 2048), and costs hardly less.
_NEAR = 1.2


def plan(picture: Picture, *, widths: Sequence[int]) -> tuple[PlannedRendition, ...]:
    """Every file that ``render`` will make of ``picture``, the largest first. Nothing is read.

    ``widths`` (pixels) gives ``w320.webp`` and ``w320.jpeg`` for each width below the picture's, and for the picture's own width if that is
    at most the largest. PNG stands in place of JPEG where there is alpha. The mezzanine levels ``m2048``, ``m1024`` and ``m512`` name their
    longest side; a picture smaller than all of them has one at its own size. An animation has ``animated.webp`` and ``poster.jpeg``.
    """
    if picture.animated:
        return _plan_animation(picture)
    still: Format = "png" if picture.has_alpha else "jpeg"
    variants = [
        PlannedRendition(name=f"w{width}.{format}", role="variant", format=format, width=size[0], height=size[1])
        for width in _widths(picture.width, widths)
        for size in [_fit(picture, width=width, height=LONGEST_SIDE)]
        for format in ("webp", still)  # noqa: A001
    ]
    longest = max(picture.width, picture.height)
    levels = [side for side in MEZZANINE_SIDES if side < longest] or [longest]
    mezzanines = [
        PlannedRendition(name=f"m{side}.{still}", role="mezzanine", format=still, width=size[0], height=size[1])
        for side in levels
        for size in [_fit(picture, width=min(side, LONGEST_SIDE), height=min(side, LONGEST_SIDE))]
    ]
    return tuple(sorted(variants + mezzanines, key=_pixels, reverse=True))


def render(path: str, *, picture: Picture, widths: Sequence[int], limits: Limits, seen: Seen | None = None) -> Iterator[Rendition]:
    """Exactly the files of ``plan(picture, widths=widths)``, one at a time, from one decode of the file at ``path``.

    Upright, in sRGB, and without any metadata of the source but its digital source type. Memory holds the decoded picture, two levels and
    one file at most. ``seen`` is shown the picture as it was decoded, a large JPEG with fewer pixels than it has; it must not keep it.
    Raises ``Unreadable`` and whatever else ``inspection.inspect`` raises.
    """
    source_type = picture.rights.digital_source_type if picture.rights else None
    return render_planned(path, plan(picture, widths=widths), limits=limits, source_type=source_type, seen=seen)


def render_planned(
    path: str, planned: Sequence[PlannedRendition], *, limits: Limits, source_type: str | None = None, seen: Seen | None = None
) -> Iterator[Rendition]:
    """The files of ``planned``, the largest first, as ``render`` makes them; they say that they are of ``source_type``."""
    xmp = embedded(Rights(digital_source_type=source_type)).xmp
    still = [rendition for rendition in planned if rendition.name != "animated.webp"]
    for animation in planned:
        if animation.name == "animated.webp":
            yield _filled(animation, animated_webp(path, size=(animation.width, animation.height), limits=limits, xmp=xmp))
    by_size = [(size, list(group)) for size, group in groupby(sorted(still, key=_pixels, reverse=True), key=_size)]
    for (_, outputs), level in zip(by_size, levels(path, [size for size, _ in by_size], limits=limits, seen=seen), strict=True):
        for output in outputs:
            quality = MEZZANINE_QUALITY if output.role == "mezzanine" else QUALITY
            yield _filled(output, encode(_in_channels(level, output.format), output.format, quality=quality, xmp=xmp))


def _plan_animation(picture: Picture) -> tuple[PlannedRendition, ...]:
    width, height = _fit(picture, width=POSTER_SIDE, height=POSTER_SIDE)
    still: Format = "png" if picture.has_alpha else "jpeg"
    return (
        PlannedRendition(name="animated.webp", role="variant", format="webp", width=width, height=height),
        PlannedRendition(name=f"poster.{still}", role="variant", format=still, width=width, height=height),
    )


def _widths(own: int, configured: Iterable[int]) -> list[int]:
    wanted = set(configured)
    return sorted({width for width in wanted if width < own} | ({own} if own <= max(wanted, default=0) else set()))


def _fit(picture: Picture, *, width: int, height: int) -> Size:
    scale = min(width / picture.width, height / picture.height, 1)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _size(rendition: PlannedRendition) -> Size:
    return rendition.width, rendition.height


def _pixels(rendition: PlannedRendition) -> tuple[int, int, int]:
    return rendition.width * rendition.height, rendition.width, rendition.height


def _filled(planned: PlannedRendition, data: bytes) -> Rendition:
    return Rendition(name=planned.name, role=planned.role, format=planned.format, width=planned.width, height=planned.height, data=data)


def _in_channels(level: Image.Image, format: Format) -> Image.Image:  # noqa: A002
    """``level`` without alpha where the file is a JPEG: the plan asks for one only when every pixel is opaque."""
    return level.convert(level.mode.rstrip("A")) if format == "jpeg" and level.mode in ("LA", "RGBA") else level


def levels(path: str, sizes: Sequence[Size], *, limits: Limits, seen: Seen | None = None) -> Iterator[Image.Image]:
    """The picture at each of ``sizes``, which run from large to small: each is resized from the one before it."""
    resized = _decoded(path, sizes[0], limits=limits, seen=seen) if sizes else None
    level: Image.Image | None = None
    for size in sizes:
        if level is not None and level.width >= size[0] * _NEAR:
            resized = partial(_resized, level)
        assert resized is not None
        level = resized(size)
        yield level


def _decoded(path: str, largest: Size, *, limits: Limits, seen: Seen | None) -> Callable[[Size], Image.Image]:
    """The picture at ``path``, decoded with no more pixels than ``largest`` needs: a function that gives it at any size up to that."""
    with opened(path, limits) as image:
        canvas = decoded(image, TURNS[orientation(image)].size(image.size), least=largest)
    if seen is not None:
        seen(canvas)

    def at(size: Size) -> Image.Image:
        with decoding():
            return canvas.pixels(size=size)

    return at


def _resized(image: Image.Image, size: Size) -> Image.Image:
    # Pillow multiplies the colours by alpha before it resizes, so what is transparent does not bleed into the edges.
    return image.resize(size, Image.Resampling.LANCZOS)
