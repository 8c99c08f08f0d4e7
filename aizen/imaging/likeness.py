"""How much of its quality a file may lose before somebody sees it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageChops, ImageStat

from aizen.imaging import Limits
from aizen.imaging.encoding import on_white
from aizen.imaging.opening import decoding, opened_bytes

# In decibels of brightness. At 40 a photograph and its copy are told apart by flicking between them, if at all; 36 shows on edges, and 44
# costs half as many bytes again.
CLOSE = 40.0

_SAMPLE_SIDE = 512
_TILES = 4
# A whole number of any format's blocks, so that a sample's tiles are coded as they would be in the picture.
_GRID = 64


def lowest_close(image: Image.Image, encode: Callable[[Image.Image, int], bytes], qualities: Sequence[int]) -> int:
    """The lowest of ``qualities`` (rising) whose file looks like ``image``; the highest, if none does.

    Looked for by halves on a sample of at most 512 × 512 px: five encodings for up to 31 qualities. The same picture gives the same answer.
    """
    pixels = sample(image)
    below, above = 0, len(qualities) - 1
    while below < above:
        middle = (below + above) // 2
        if closeness(pixels, _decoded(encode(pixels, qualities[middle]))) >= CLOSE:
            above = middle
        else:
            below = middle + 1
    return qualities[above]


def closeness(one: Image.Image, other: Image.Image) -> float:
    """The peak signal-to-noise ratio of two pictures' brightness, alpha laid on white, in decibels; infinite for equal ones."""
    difference = ImageChops.difference(on_white(one).convert("L"), on_white(other).convert("L"))
    error = ImageStat.Stat(difference).rms[0]
    return 20 * math.log10(255 / error) if error else math.inf


def sample(image: Image.Image, *, side: int = _SAMPLE_SIDE, tiles: int = _TILES) -> Image.Image:
    """``image``, or tiles from all over it (so many on a side) where it is larger than ``side``: its middle may be all sky."""
    (lefts, width), (tops, height) = _cut(image.width, side=side, tiles=tiles), _cut(image.height, side=side, tiles=tiles)
    if (width, height) == image.size:
        return image
    taken = Image.new(image.mode, (width * len(lefts), height * len(tops)))
    for column, left in enumerate(lefts):
        for row, top in enumerate(tops):
            taken.paste(image.crop((left, top, left + width, top + height)), (column * width, row * height))
    return taken


def _cut(length: int, *, side: int, tiles: int) -> tuple[list[int], int]:
    if length <= side:
        return [0], length
    width = side // tiles
    return [(length - width) * number // (tiles - 1) // _GRID * _GRID for number in range(tiles)], width


def _decoded(data: bytes) -> Image.Image:
    with opened_bytes(data, Limits()) as image, decoding():
        image.load()
        return image.copy()
