"""Watermarks: a text or another picture laid over a picture, as ``steps.Watermark`` says."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, cos, radians, sin, sqrt
from unicodedata import category

from PIL import Image, ImageChops, ImageDraw, ImageFont

from aizen.imaging import typeface
from aizen.imaging.steps import Compass, StepRefused, Watermark

# Text is measured at one size and drawn near twice as large as it is shown, then reduced: a font's own widths are rounded to pixels, and
# only so is the text exactly as wide as it should be. No drawing has more pixels than the last of these.
_SMALLEST = 8
_OVERSIZE = 2
_MOST_DRAWN = 16_000_000
_NAMED = 5
# They only choose between two looks of the character before them.
_VARIATION_SELECTORS = "\ufe0e\ufe0f"
_STRIP = 256


def draw(image: Image.Image, wanted: Watermark, *, picture: Image.Image | None, font: str | None) -> Image.Image:
    """``image`` (L, LA, RGB or RGBA) with the watermark ``wanted`` over it: the same size, and RGB or RGBA if the mark has colours.

    ``picture`` (of the same modes) is the mark where ``wanted`` names an image. ``font`` is the path of a TrueType or OpenType file, None
    is Source Sans Pro, which knows Latin, Greek and Cyrillic. The mark is ``scale`` times as wide as ``image`` before it is turned, smaller
    only where it would not fit, and stands whole inside of it: ``x`` and ``y`` count inwards from the edges that ``gravity`` names, and
    right and down from a middle. ``tile`` repeats it from there in all directions. Raises ``StepRefused`` (text_not_drawable) for a text
    that the font cannot show, and ``Unavailable`` (font_unreadable).
    """
    if wanted.text is not None:
        mark = _text(wanted.text, wanted, image.size, font)
    else:
        assert picture is not None
        mark = _image(picture, wanted, image.size)
    if wanted.rotate:
        mark = mark.rotate(-wanted.rotate, Image.Resampling.BICUBIC, expand=True)
    result = image.convert(_mode(image, mark)) if image.mode in ("L", "LA") else image.copy()
    left, top = _corner(image.size, mark.size, wanted)
    if wanted.tile:
        _tile(result, mark, left, top)
    else:
        _lay(result, mark, left, top)
    return result


def _image(picture: Image.Image, wanted: Watermark, size: tuple[int, int]) -> Image.Image:
    fitted = _fitted(picture.size, wanted, size)
    mark = picture.resize(fitted, Image.Resampling.LANCZOS).convert("RGBA")
    mark.putalpha(_faded(mark.getchannel("A"), wanted.opacity))
    return mark


def _text(text: str, wanted: Watermark, size: tuple[int, int], path: str | None) -> Image.Image:
    face = typeface.face(path)
    line = _line(text, face)
    measured = _ink(line, face).size
    fitted = _fitted(measured, wanted, size)
    # Cut to its ink, the text is measured and placed by what is seen of it.
    ink = _ink(line, face.font_variant(size=_drawn_at(line, face, fitted[0] / measured[0])))
    mark = Image.new("RGBA", fitted, wanted.color)
    mark.putalpha(_faded(ink.resize(fitted, Image.Resampling.LANCZOS), wanted.opacity * wanted.color[3] / 255))
    return mark


def _drawn_at(line: str, face: ImageFont.FreeTypeFont, scale: float) -> float:
    """The font size for a text that is shown at ``scale`` times the size at which it is measured."""
    left, top, right, bottom = face.getbbox(line)
    most = sqrt(_MOST_DRAWN / ((right - left) * (bottom - top)))
    return max(_SMALLEST, typeface.MEASURED_AT * min(_OVERSIZE * scale, most))


def _faded(alpha: Image.Image, opacity: float) -> Image.Image:
    return alpha.point([round(tone * opacity) for tone in range(256)])


def _fitted(own: tuple[int, int], wanted: Watermark, size: tuple[int, int]) -> tuple[int, int]:
    """The size of a mark of the proportions ``own``: as wide as wanted, unless it would then, turned, not fit into ``size``."""
    width = wanted.scale * size[0]
    height = width * own[1] / own[0]
    along, across = abs(cos(radians(wanted.rotate))), abs(sin(radians(wanted.rotate)))
    turned = width * along + height * across, width * across + height * along
    scale = min(1, size[0] / turned[0], size[1] / turned[1])
    return max(1, round(width * scale)), max(1, round(height * scale))


def _mode(image: Image.Image, mark: Image.Image) -> str:
    """The mode in which ``mark`` can lie on ``image``, which is gray."""
    red, green, blue, alpha = mark.split()
    seen = alpha.point([0, *[255] * 255])
    differences = (ImageChops.multiply(seen, ImageChops.difference(red, other)) for other in (green, blue))
    gray = not any(difference.getbbox() for difference in differences)
    return image.mode if gray else image.mode.replace("L", "RGB")


def _corner(size: tuple[int, int], mark: tuple[int, int], wanted: Watermark) -> tuple[int, int]:
    """Where the mark's upper left corner stands."""
    return (
        _start(size[0] - mark[0], wanted.x, wanted.gravity, before="west", after="east"),
        _start(size[1] - mark[1], wanted.y, wanted.gravity, before="north", after="south"),
    )


def _start(room: int, offset: int, gravity: Compass, *, before: str, after: str) -> int:
    if room < 0:
        # Turning rounds up: a pixel may be too much on either side.
        return room // 2
    if before in gravity:
        start = offset
    elif after in gravity:
        start = room - offset
    else:
        start = room // 2 + offset
    return max(0, min(start, room))


def _tile(image: Image.Image, mark: Image.Image, left: int, top: int) -> None:
    """``mark`` lies all over ``image``, once at ``left`` and ``top``; between two of them is half the mean of its width and height.

    One row is made, then laid as often as it fits: the work is bounded by the sides of ``image``, however small the mark is.
    """
    gap = max(1, (mark.width + mark.height) // 4)
    across, down = mark.width + gap, mark.height + gap
    row = Image.new("RGBA", (image.width, mark.height), (0, 0, 0, 0))
    for start in _starts(left, across, image.width):
        row.paste(mark, (start, 0))
    for start in _starts(top, down, image.height):
        _lay(image, row, 0, start)


def _starts(one: int, step: int, end: int) -> Iterable[int]:
    return range(one % step - step, end, step)


def _lay(image: Image.Image, mark: Image.Image, left: int, top: int) -> None:
    """The part of ``mark`` that falls onto ``image`` is composited over it there."""
    start, end = max(0, left), min(image.width, left + mark.width)
    last = min(image.height, top + mark.height)
    # A strip at a time: the copies in RGBA would otherwise take several times the memory of the picture.
    for upper in range(max(0, top), last, _STRIP):
        lower = min(last, upper + _STRIP)
        under = image.crop((start, upper, end, lower)).convert("RGBA")
        under.alpha_composite(mark.crop((start - left, upper - top, end - left, lower - top)))
        image.paste(under.convert(image.mode), (start, upper))


def require_font(path: str) -> None:
    """Texts can be drawn in the font at ``path``. Raises ``Unavailable`` (font_unreadable)."""
    typeface.face(path)


def _ink(line: str, face: ImageFont.FreeTypeFont) -> Image.Image:
    """How much of each pixel (L) the text covers, cut to what is covered."""
    left, top, right, bottom = face.getbbox(line)
    drawn = Image.new("L", (ceil(right - left), ceil(bottom - top)))
    ImageDraw.Draw(drawn).text((-left, -top), line, fill=255, font=face)
    box = drawn.getbbox()
    if box is None:
        raise _refused("Nothing of this text would be seen.")
    return drawn.crop(box)


def _line(text: str, face: ImageFont.FreeTypeFont) -> str:
    """``text`` as ``face`` can draw it. Raises ``StepRefused``."""
    # Every kind of space is a space, and few fonts know them all.
    line = "".join(" " if category(character) == "Zs" else character for character in text if character not in _VARIATION_SELECTORS).strip()
    unknown = [character for character in dict.fromkeys(line) if character != " " and not typeface.knows(face, character)]
    if unknown:
        raise _refused(f"The font has no sign for {_named(unknown)}. The setting WATERMARK_FONT names a font with more.")
    intricate = [character for character in dict.fromkeys(line) if typeface.is_intricate(character)]
    if intricate and not typeface.lays_out_the_intricate():
        raise _refused(f"Text with {_named(intricate)} cannot be laid out by this server, even with another font in WATERMARK_FONT.")
    return line


def _named(characters: list[str]) -> str:
    more = " and others" if len(characters) > _NAMED else ""
    return ", ".join(f"U+{ord(character):04X}" for character in characters[:_NAMED]) + more


def _refused(detail: str) -> StepRefused:
    return StepRefused(detail, code="text_not_drawable", parameter="text")
