"""A picture between two steps. Cutting, turning and converting wait for the first resize, when there are fewer pixels to do it to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

from PIL import Image

from aizen.imaging.colors import direct, to_srgb
from aizen.imaging.geometry import refocused
from aizen.imaging.opening import decoding, orientation, upright
from aizen.imaging.turns import TURNS, UPRIGHT, Box, Point, Size, Turn

# The last bits of a float are no part of a pixel.
_SLACK = 1e-6
# How many times larger than a preview the picture is that it is interpolated from.
_PREVIEW_GAP = 1.5
# Pixels that are cut out at a time. With a copy of a whole crop beside it, a large source would need more memory than a rendering has.
_BAND_PIXELS = 1 << 20
# Colours that are averaged must be multiplied by alpha, so that what is transparent does not bleed into the edges.
_MULTIPLIED = {"LA": "La", "RGBA": "RGBa"}


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """The part ``box`` of ``image``, turned by ``turn`` and seen in ``size``, which is what every step refers to.

    ``image`` is as ``colors.direct`` gives it, in the colours of ``profile``, and may have fewer pixels than ``size``: it is then a smaller
    copy of the picture. ``focal`` is in fractions of what is seen. ``rounded`` is the radius of corners that were made round just now.
    """

    image: Image.Image
    box: Box
    size: Size
    turn: Turn = UPRIGHT
    profile: bytes | None = None
    focal: Point | None = None
    rounded: float = 0

    @property
    def has_alpha(self) -> bool:
        return self.image.mode in ("LA", "RGBA")

    def pixels(self, *, size: Size | None = None, part: Box | None = None) -> Image.Image:
        """The picture, or the ``part`` of it, upright and in sRGB (L, LA, RGB or RGBA), in its own size or in ``size``."""
        box = self._stored(part or (0, 0, *self.size))
        return self._shown(_resized(self.image, self.turn.size(size or self.size), box, inside=self.box))

    def preview(self, longest: int) -> Image.Image:
        """The picture no longer than ``longest`` pixels, made quickly rather than well."""
        scale = min(1.0, longest / max(self.size))
        size = max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale))
        stored, box = self.turn.size(size), _whole(self.box)
        factors = [max(1, floor((box[axis + 2] - box[axis]) / stored[axis] / _PREVIEW_GAP)) for axis in (0, 1)]
        # Unlike a resize this looks at nothing outside its box.
        reduced = self.image.reduce((factors[0], factors[1]), box)
        return self._shown(reduced.resize(stored, Image.Resampling.BILINEAR))

    def cropped(self, box: Box) -> Canvas:
        """The part ``box`` (whole pixels) of the picture."""
        size = round(box[2] - box[0]), round(box[3] - box[1])
        return replace(self, box=self._stored(box), size=size, focal=refocused(self.focal, self.size, box), rounded=0)

    def turned(self, turn: Turn) -> Canvas:
        """The picture turned by ``turn``."""
        focal = None if self.focal is None else turn.point(self.focal)
        return replace(self, turn=self.turn.then(turn), size=turn.size(self.size), focal=focal)

    def showing(self, image: Image.Image, *, part: Box | None = None, rounded: float = 0) -> Canvas:
        """``image`` in place of the picture: of its ``part`` in the picture's pixels, which may reach over the picture."""
        focal = refocused(self.focal, self.size, part or (0, 0, *self.size))
        return Canvas(image=image, box=(0, 0, *image.size), size=image.size, focal=focal, rounded=rounded)

    def _shown(self, stored: Image.Image) -> Image.Image:
        return to_srgb(upright(stored, self.turn.orientation), self.profile)

    def _stored(self, part: Box) -> Box:
        """Where ``part`` of what is seen is in ``image``."""
        width, height = self.turn.size(self.size)
        across, down = (self.box[2] - self.box[0]) / width, (self.box[3] - self.box[1]) / height
        left, top, right, bottom = self.turn.stored(part, self.size)
        right, bottom = self.box[0] + right * across, self.box[1] + bottom * down
        # The last bit of a float must not reach over the edge.
        return self.box[0] + left * across, self.box[1] + top * down, min(right, self.image.width), min(bottom, self.image.height)


def decoded(source: Image.Image, size: Size, *, least: Size) -> Canvas:
    """An opened still, seen in ``size``, with no fewer pixels than ``least`` and no more than that takes. Raises ``Unreadable``."""
    with decoding():
        turn = TURNS[orientation(source)]
        profile = source.info.get("icc_profile")
        # libjpeg decodes at 1/2, 1/4 or 1/8 for a fraction of the cost; Pillow takes the smallest of them that covers what is asked for.
        scaled = source.draft(source.mode, turn.size(least))
        source.load()
        pixels = direct(source)
        pixels.info = {}
    return Canvas(image=pixels, box=scaled[1] if scaled else (0, 0, *pixels.size), size=size, turn=turn, profile=profile)


def _resized(image: Image.Image, size: Size, box: Box, *, inside: Box) -> Image.Image:
    """The part ``box`` of ``image`` in ``size``, in which nothing shows of what is not ``inside``."""
    left, top = round(box[0]), round(box[1])
    exact: Box = (left, top, left + size[0], top + size[1])
    if box == exact:
        return image if size == image.size else image.crop((left, top, left + size[0], top + size[1]))
    if _whole(inside) == (0, 0, *image.size):
        # Pillow multiplies by alpha itself.
        return image.resize(size, Image.Resampling.LANCZOS, box=box)
    return _resized_inside(image, size, box, inside=inside)


def _resized_inside(image: Image.Image, size: Size, box: Box, *, inside: Box) -> Image.Image:
    """As ``_resized``: Pillow looks at pixels around a box, and gets only those that are inside.

    First across and then down, as Pillow does it, which makes no difference to the pixels, but takes a copy of one band alone.
    """
    left, top, right, bottom = _whole(inside)
    mode = _MULTIPLIED.get(image.mode, image.mode)
    narrow = Image.new(mode, (size[0], bottom - top))
    rows = max(1, _BAND_PIXELS // (right - left))
    across = max(box[0] - left, 0), min(box[2] - left, right - left)
    for begin in range(top, bottom, rows):
        end = min(begin + rows, bottom)
        band = image.crop((left, begin, right, end)).convert(mode)
        _seal(band, inside[0] - left, right - inside[2] if right < image.width else 0, axis=0)
        band_box: Box = (across[0], 0, across[1], end - begin)
        narrow.paste(band.resize((size[0], end - begin), Image.Resampling.LANCZOS, box=band_box), (0, begin - top))
    _seal(narrow, inside[1] - top, bottom - inside[3] if bottom < image.height else 0, axis=1)
    down = max(box[1] - top, 0), min(box[3] - top, bottom - top)
    return narrow.resize(size, Image.Resampling.LANCZOS, box=(0, down[0], size[0], down[1])).convert(image.mode)


def _whole(box: Box) -> tuple[int, int, int, int]:
    """The pixels of which some part is in ``box``."""
    return floor(box[0] + _SLACK), floor(box[1] + _SLACK), ceil(box[2] - _SLACK), ceil(box[3] - _SLACK)


def _seal(image: Image.Image, before: float, behind: float, *, axis: int) -> None:
    """``image`` ends in what is its own along ``axis``: of its first pixel the share ``before`` is not, of its last the share ``behind``.

    Such pixels are there when a crop is made from a smaller copy. Each is replaced by its neighbour.
    """
    last = image.size[axis] - 1
    across = image.size[1 - axis]
    for share, of, to in ((before, 1, 0), (behind, last - 1, last)):
        if share > _SLACK and 0 <= of <= last:
            line = (of, 0, of + 1, across) if axis == 0 else (0, of, across, of + 1)
            image.paste(image.crop(line), (to, 0) if axis == 0 else (0, to))
