"""Where in a picture there is something to see: edges, strong colours and what has the colour of skin."""

from __future__ import annotations

from itertools import accumulate

from PIL import Image, ImageChops, ImageFilter

from aizen.imaging.turns import Point, Size

LONGEST = 128

# A Laplacian answers to edges of every direction with one pass.
_EDGES = ImageFilter.Kernel((3, 3), (-1, -1, -1, -1, 8, -1, -1, -1, -1), scale=1)
# Skin of every tone lies in one small part of the chroma plane (Chai and Ngan 1999).
_SKIN_BLUE = [255 if 77 <= value <= 127 else 0 for value in range(256)]
_SKIN_RED = [255 if 133 <= value <= 173 else 0 for value in range(256)]
# Nor is what is pale or dark, or too colourful for it.
_SKIN_SATURATION = [255 if 50 <= value <= 175 else 0 for value in range(256)]
_SATURATION_WEIGHT = 0.15
_SKIN_WEIGHT = 0.25
_EVEN = 0.01


def looked_for(small: Image.Image, share: tuple[float, float]) -> Point:
    """Where a window of ``share`` of the width and height of ``small`` sees most: 0 at the left or upper end of its way, 1 at the other.

    ``small`` is a copy (L, LA, RGB or RGBA) of at most ``LONGEST`` pixels. Where everything is alike the window stays in the middle.
    """
    energy = _energy(small)
    return _best(_means(energy, (energy.width, 1)), share[0]), _best(_means(energy, (1, energy.height)), share[1])


def _means(energy: Image.Image, size: Size) -> list[float]:
    """The means of the columns of ``energy``, or of its rows: a window is as high or as wide as the picture."""
    return [float(value) for value in energy.resize(size, Image.Resampling.BOX).get_flattened_data() if not isinstance(value, tuple)]


def _energy(small: Image.Image) -> Image.Image:
    """How much there is to see in each pixel, as floats."""
    colors = small.convert("RGB")
    _, saturation, value = colors.convert("HSV").split()
    _, blue, red = colors.convert("YCbCr").split()
    skin = ImageChops.multiply(ImageChops.multiply(blue.point(_SKIN_BLUE), red.point(_SKIN_RED)), saturation.point(_SKIN_SATURATION))
    # The saturation of what is nearly black is noise.
    saturation = ImageChops.multiply(saturation, value)
    energy = _edges(colors.convert("L"))
    energy = ImageChops.add(energy, saturation.point(lambda value: value * _SATURATION_WEIGHT))
    energy = ImageChops.add(energy, skin.point(lambda value: value * _SKIN_WEIGHT))
    if small.mode in ("LA", "RGBA"):
        energy = ImageChops.multiply(energy, small.getchannel("A"))
    return energy.convert("F")


def _edges(gray: Image.Image) -> Image.Image:
    # Pillow leaves the outermost pixels of a filtered picture as they were.
    edges = Image.new("L", gray.size)
    if min(gray.size) > 2:
        inner = (1, 1, gray.width - 1, gray.height - 1)
        edges.paste(gray.filter(_EDGES).crop(inner), inner)
    return edges


def _best(energy: list[float], share: float) -> float:
    """Where in ``energy`` a window of that ``share`` of it sees most, what stands in its middle half counting twice."""
    window = min(len(energy), max(1, round(share * len(energy))))
    ways = len(energy) - window
    if ways == 0 or max(energy) - min(energy) < _EVEN:
        return 0.5
    sums = [0.0, *accumulate(energy)]
    margin = window // 4

    def seen(start: int) -> tuple[float, float]:
        end = start + window
        total = sums[end] - sums[start] + sums[end - margin] - sums[start + margin]
        # Rounded, so that what is even but for the last bits is even, and the middle wins.
        return round(total, 3), -abs(start - ways / 2)

    return max(range(ways + 1), key=seen) / ways
