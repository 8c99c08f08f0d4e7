"""What can be told from a picture's pixels alone."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from typing import Literal

from PIL import Image, ImageChops, ImageStat

from aizen.imaging import Limits, Measurements
from aizen.imaging.colors import direct, to_srgb
from aizen.imaging.encoding import encode, on_white
from aizen.imaging.opening import decoding, opened_bytes, orientation, upright
from aizen.imaging.thumbhash import thumbhash

_SIDE = 256
_COLORS = 6
# A sensor's noise makes neighbours differ nearly everywhere, while drawn areas are even. Of 80 pictures looked at, photographs had at most
# half of their neighbours equal; drawings, screenshots and logos had seven tenths and more.
_GRAPHIC_FLATNESS = 0.6
_MONOCHROME_SATURATION = 0.02
_SQUARE = 1.05


def measure(data: bytes, *, limits: Limits | None = None) -> Measurements:
    """The measurements of the picture in ``data``: a JPEG, PNG or WebP of a small level, 512 px or so. Raises ``Unreadable``."""
    image = _pixels(data, side=_SIDE, limits=limits or Limits())
    visible = on_white(image).convert("RGB")
    colors = _colors(image)
    gray = visible.convert("L")
    saturation = ImageStat.Stat(visible.convert("HSV"), mask=_mask(image)).mean[1] / 255
    statistics = ImageStat.Stat(gray, mask=_mask(image))
    flatness, detail = _texture(gray)
    return Measurements(
        thumbhash=b64encode(thumbhash(image)).decode("ascii"),
        dominant_color=colors[0][0],
        orientation=_orientation(image.size),
        kind="graphic" if flatness > _GRAPHIC_FLATNESS else "photograph",
        brightness=_share(statistics.mean[0] / 255),
        contrast=_share(statistics.stddev[0] / 127.5),
        saturation=_share(saturation),
        detail=detail,
        flatness=flatness,
        transparent=image.mode == "RGBA",
        monochrome=saturation < _MONOCHROME_SATURATION,
        colors=colors,
    )


def bounded_jpeg(data: bytes, *, max_side: int, quality: int, limits: Limits | None = None) -> bytes:
    """The picture in ``data`` as a JPEG of at most ``max_side`` px, upright, in sRGB, alpha laid on white, without metadata.

    Raises ``Unreadable``.
    """
    return encode(_pixels(data, side=max_side, limits=limits or Limits()), "jpeg", quality=quality)


def _pixels(data: bytes, *, side: int, limits: Limits) -> Image.Image:
    with opened_bytes(data, limits) as image, decoding():
        turn, profile = orientation(image), image.info.get("icc_profile")
        scale = min(1, side / max(image.size))
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        scaled = image.draft(image.mode, size)
        image.load()
        pixels = direct(image).resize(size, Image.Resampling.LANCZOS, box=scaled[1] if scaled else None)
        pixels.info = {}
        converted = to_srgb(upright(pixels, turn), profile)
        alpha = converted.getchannel("A") if converted.mode in ("LA", "RGBA") else None
        return converted.convert("RGB" if alpha is None or alpha.getextrema() == (255, 255) else "RGBA")


def _mask(image: Image.Image) -> Image.Image | None:
    """Where the picture is visible; everywhere, if it is visible nowhere."""
    if image.mode != "RGBA":
        return None
    mask = image.getchannel("A").point(lambda value: 255 if value >= 128 else 0)
    return mask if mask.getbbox() else None


def _colors(image: Image.Image) -> tuple[tuple[str, float], ...]:
    small = image.copy()
    small.thumbnail((96, 96), Image.Resampling.BOX)
    mask = _mask(small)
    visible = on_white(small).convert("RGB")
    palette_image = visible.quantize(_COLORS, method=Image.Quantize.MEDIANCUT, kmeans=2)
    counted = Counter(palette_image.tobytes()) if mask is None else Counter(_where(palette_image.tobytes(), mask.tobytes()))
    palette = palette_image.getpalette() or []
    total = counted.total()
    return tuple((_hex(palette[index * 3 : index * 3 + 3]), round(count / total, 4)) for index, count in counted.most_common())


def _where(values: bytes, mask: bytes) -> list[int]:
    return [value for value, visible in zip(values, mask, strict=True) if visible]


def _hex(color: list[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _texture(gray: Image.Image) -> tuple[float, float]:
    """The share of neighbours that are equal, and the mean difference of neighbours (1: a sixteenth of the whole range)."""
    histogram = [0] * 256
    for left, top in ((1, 0), (0, 1)):
        width, height = gray.width - left, gray.height - top
        if width and height:
            shifted = gray.crop((left, top, gray.width, gray.height))
            difference = ImageChops.difference(gray.crop((0, 0, width, height)), shifted)
            histogram = [a + b for a, b in zip(histogram, difference.histogram(), strict=True)]
    total = sum(histogram) or 1
    mean = sum(value * count for value, count in enumerate(histogram)) / total
    return _share(histogram[0] / total), _share(mean / 16)


def _orientation(size: tuple[int, int]) -> Literal["landscape", "portrait", "square"]:
    ratio = size[0] / size[1]
    if 1 / _SQUARE <= ratio <= _SQUARE:
        return "square"
    return "landscape" if ratio > 1 else "portrait"


def _share(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)
