"""GIFs written frame by frame (GIF89a): Pillow's own writer holds all frames at once, joins equal ones, and lets some shine through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import pack

from PIL import GifImagePlugin, Image, ImageChops

from aizen.imaging.palettes import LastingPalette, paletted

_KEPT, _CLEARED = 1, 2
_LONGEST_DELAY = _MOST_REPEATS = 65535
# Below it browsers take the delay for a mistake, and wait for ten.
_SHORTEST_DELAY = 2
_HALF = 128
_NEARLY_ALL = 0.9

Frame = tuple[Image.Image, float]


def still(image: Image.Image, *, colors: int) -> bytes:
    """``image`` (L, LA, RGB or RGBA) as a GIF, dithered; alpha is cut at one half."""
    picture = paletted(image, colors=colors, dither=Image.Dither.FLOYDSTEINBERG)
    return _header(image.size, plays=1) + _block(picture, (0, 0)) + b";"


def animation(frames: Iterable[Frame], *, size: tuple[int, int], colors: int, plays: int) -> bytes:
    """``frames`` (pictures of ``size`` in RGBA, with their milliseconds) as a GIF that plays so often, 0 meaning for ever.

    Every frame has up to ``colors`` of its own. Three frames are held at a time. Frames are not dithered, for the noise would flicker.
    """
    nothing, palette = Image.new("RGBA", size), LastingPalette(colors=colors)
    shown, written, delays = nothing, bytearray(_header(size, plays=plays)), _Delays()
    for number, ((picture, milliseconds), following) in enumerate(_with_next(frames)):
        # What has become invisible cannot be painted over: the canvas is cleared before the next frame, and this one has to cover it.
        cleared = following is not None and _uncovers(picture, following[0])
        painted, offset = _painted(picture, shown=shown, whole=cleared or number == 0)
        written += _block(
            palette.paletted(painted),
            offset,
            duration=10 * delays.next(milliseconds),
            disposal=_CLEARED if cleared else _KEPT,
        )
        shown = nothing if cleared else picture
    return bytes(written + b";")


def _header(size: tuple[int, int], *, plays: int) -> bytes:
    # No colours are shared by all frames, and each brings its own.
    header = b"GIF89a" + pack("<HHBBB", *size, 0x70, 0, 0)
    if plays == 1:
        return header
    # The extension counts how often it is played again.
    repeats = min(plays - 1, _MOST_REPEATS) if plays else 0
    return header + b"!\xff\x0bNETSCAPE2.0\x03\x01" + pack("<H", repeats) + b"\0"


def _block(picture: Image.Image, offset: tuple[int, int], *, duration: int = 0, disposal: int = 0) -> bytes:
    transparency = picture.info.pop("transparency", None)
    told = {} if transparency is None else {"transparency": transparency}
    parts = GifImagePlugin.getdata(picture, offset, duration=duration, disposal=disposal, include_color_table=True, **told)
    return b"".join(parts)


def _with_next(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    current: Frame | None = None
    for picture, milliseconds in frames:
        following = _cut(picture), milliseconds
        if current is not None:
            yield current, following
        current = following
    if current is not None:
        yield current, None


def _cut(picture: Image.Image) -> Image.Image:
    """``picture`` with alpha that is all or nothing."""
    cut = picture.convert("RGBA")
    if cut.getchannel("A").getextrema() == (255, 255):
        return cut
    cut.putalpha(cut.getchannel("A").point([255 if value >= _HALF else 0 for value in range(256)]))
    return cut


def _uncovers(picture: Image.Image, following: Image.Image) -> bool:
    return ImageChops.subtract(picture.getchannel("A"), following.getchannel("A")).getbbox() is not None


def _painted(picture: Image.Image, *, shown: Image.Image, whole: bool) -> tuple[Image.Image, tuple[int, int]]:
    """The part of ``picture`` that differs from what is ``shown``, and where it goes; whatever is the same in it is invisible."""
    red, green, blue, alpha = ImageChops.difference(picture, shown).split()
    differs = ImageChops.lighter(ImageChops.lighter(red, green), ImageChops.lighter(blue, alpha))
    changed = ImageChops.darker(differs.point([0] + [255] * 255), picture.getchannel("A"))
    # A frame must have a pixel.
    box = (0, 0, *picture.size) if whole else (changed.getbbox() or (0, 0, 1, 1))
    part, mask = picture.crop(box), changed.crop(box)
    # Where nearly all is new, what is not is painted again: that costs no bytes, and saves the colour that is invisible.
    pixels = part.width * part.height
    if part.getchannel("A").histogram()[255] < pixels or mask.histogram()[255] < _NEARLY_ALL * pixels:
        part.putalpha(mask)
    return part, (box[0], box[1])


class _Delays:
    """Milliseconds in a GIF's hundredths of a second; what is rounded off is given to the next frame, so that the whole lasts as long."""

    def __init__(self) -> None:
        self._owed = 0.0

    def next(self, milliseconds: float) -> int:
        exact = milliseconds / 10
        if exact == int(exact):
            return min(int(exact), _LONGEST_DELAY)
        delay = max(round(exact + self._owed), _SHORTEST_DELAY)
        self._owed = max(exact + self._owed - delay, -0.5)
        return min(delay, _LONGEST_DELAY)
