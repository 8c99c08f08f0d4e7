"""ThumbHash: a picture's shape and colours in some 25 bytes (Evan Wallace's format, https://evanw.github.io/thumbhash/)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi

from PIL import Image

# The format is defined up to 100 px; its highest wave has six half-periods, which 48 px sample amply.
_SIDE = 48
# With fewer samples than this the highest waves cannot be told from the lowest; a narrow picture is stretched for its analysis.
_LEAST = 16


@dataclass(frozen=True)
class _Channel:
    """One channel as cosines: its mean, the largest other coefficient, and the others as nibbles over that one."""

    mean: float
    scale: float
    nibbles: list[int]


def thumbhash(image: Image.Image) -> bytes:
    """The ThumbHash of ``image`` (any mode that converts to RGBA)."""
    small = image.convert("RGBA").resize(_sampled(image.size), Image.Resampling.BOX)
    red, green, blue, alpha = ([value / 255 for value in band.tobytes()] for band in small.split())
    has_alpha = min(alpha) < 1
    if has_alpha:
        red, green, blue = (_over_mean(channel, alpha) for channel in (red, green, blue))
    pixels = list(zip(red, green, blue, strict=True))
    waves = _waves(image.size, most=5 if has_alpha else 7)
    luminance = _analysed([(r + g + b) / 3 for r, g, b in pixels], small.size, waves=(max(3, waves[0]), max(3, waves[1])))
    yellow_blue = _analysed([(r + g) / 2 - b for r, g, b in pixels], small.size, waves=(3, 3))
    red_green = _analysed([r - g for r, g, _ in pixels], small.size, waves=(3, 3))
    opacity = _analysed(alpha, small.size, waves=(5, 5)) if has_alpha else None
    return _packed(luminance, yellow_blue, red_green, opacity, waves=waves, landscape=image.width > image.height)


def _sampled(size: tuple[int, int]) -> tuple[int, int]:
    scale = _SIDE / max(size)
    return max(_LEAST, round(size[0] * scale)), max(_LEAST, round(size[1] * scale))


def _over_mean(channel: Sequence[float], alpha: Sequence[float]) -> list[float]:
    """The channel laid on its own visible mean, so that what is transparent has no colour of its own."""
    total = sum(alpha)
    mean = sum(value * opacity for value, opacity in zip(channel, alpha, strict=True)) / total if total else 0.0
    return [mean * (1 - opacity) + value * opacity for value, opacity in zip(channel, alpha, strict=True)]


def _waves(size: tuple[int, int], *, most: int) -> tuple[int, int]:
    longest = max(size)
    return max(1, _rounded(most * size[0] / longest)), max(1, _rounded(most * size[1] / longest))


def _analysed(values: Sequence[float], size: tuple[int, int], *, waves: tuple[int, int]) -> _Channel:
    """The discrete cosine transform of ``values``, of which the triangle of low frequencies is kept."""
    width, height = size
    across, down = waves
    columns = [[cos(pi / width * wave * (x + 0.5)) for x in range(width)] for wave in range(across)]
    rows = [[cos(pi / height * wave * (y + 0.5)) for y in range(height)] for wave in range(down)]
    lines = [values[y * width : (y + 1) * width] for y in range(height)]
    along = [[sum(map(float.__mul__, line, column)) for line in lines] for column in columns]
    kept = [(x, y) for y in range(down) for x in range(across) if x * down < across * (down - y)]
    mean, *others = [sum(map(float.__mul__, along[x], rows[y])) / (width * height) for x, y in kept]
    scale = max(map(abs, others), default=0.0)
    return _Channel(mean, scale, [_rounded(15 * (0.5 + 0.5 * value / scale)) if scale else 0 for value in others])


def _packed(
    luminance: _Channel, yellow_blue: _Channel, red_green: _Channel, opacity: _Channel | None, *, waves: tuple[int, int], landscape: bool
) -> bytes:
    header = _bits(
        (_rounded(63 * luminance.mean), 6),
        (_rounded(31.5 + 31.5 * yellow_blue.mean), 6),
        (_rounded(31.5 + 31.5 * red_green.mean), 6),
        (_rounded(31 * luminance.scale), 5),
        (opacity is not None, 1),
        (waves[1] if landscape else waves[0], 3),
        (_rounded(63 * yellow_blue.scale), 6),
        (_rounded(63 * red_green.scale), 6),
        (landscape, 1),
    )
    if opacity is not None:
        header += _bits((_rounded(15 * opacity.mean), 4), (_rounded(15 * opacity.scale), 4))
    channels = [channel for channel in (luminance, yellow_blue, red_green, opacity) if channel is not None]
    return header + _bits(*((nibble, 4) for channel in channels for nibble in channel.nibbles))


def _bits(*fields: tuple[int, int]) -> bytes:
    """Fields of (value, number of bits), the first in the lowest bits."""
    packed = used = 0
    for value, bits in fields:
        packed |= min(max(value, 0), (1 << bits) - 1) << used
        used += bits
    return packed.to_bytes((used + 7) // 8, "little")


def _rounded(value: float) -> int:
    """To the nearest integer, halves up, as the format's reference does."""
    return int(value + 0.5)
