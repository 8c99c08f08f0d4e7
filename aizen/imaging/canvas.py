"""A picture between two steps. Cutting, turning and converting wait for the first resize, when there are fewer pixels to do it to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import Image

from aizen.imaging.colors import to_srgb
from aizen.imaging.geometry import refocused
from aizen.imaging.opening import upright
from aizen.imaging.turns import UPRIGHT, Box, Point, Size, Turn


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
        return self._shown(_resized(self.image, self.turn.size(size or self.size), box))

    def preview(self, longest: int) -> Image.Image:
        """The picture no longer than ``longest`` pixels, made quickly rather than well."""
        scale = min(1.0, longest / max(self.size))
        size = max(1, round(self.size[0] * scale)), max(1, round(self.size[1] * scale))
        quick = self.image.resize(self.turn.size(size), Image.Resampling.BILINEAR, box=self.box, reducing_gap=1.5)
        return self._shown(quick)

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


def _resized(image: Image.Image, size: Size, box: Box) -> Image.Image:
    left, top = round(box[0]), round(box[1])
    exact: Box = (left, top, left + size[0], top + size[1])
    if box == exact:
        return image if size == image.size else image.crop((left, top, left + size[0], top + size[1]))
    # Pillow multiplies the colours by alpha before it resizes, so what is transparent does not bleed into the edges.
    return image.resize(size, Image.Resampling.LANCZOS, box=box)
