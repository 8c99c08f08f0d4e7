"""The filters: what the colours of a picture become. What is transparent stays so, and no colour of it shows in what is visible.

Percentages from −100 to 100 are those of the W3C's Filter Effects Module Level 1 with the amount 1 + change / 100: brightness times the
amount, contrast times the amount about middle gray, saturation by that module's matrix; sepia and hue are its matrices too. All of them
count in sRGB as it is stored. Every filter costs a fixed number of passes over the pixels, whatever its amount.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import cos, radians, sin, sqrt

from PIL import Image, ImageChops, ImageFilter, ImageMath, ImageOps

from aizen.imaging.steps import BLACK, FILTERS, Filter, Rgba

_SHARPENING_SIGMA = 1
# A mean over mostly transparent pixels has so little of any colour that 8 bits do not tell which. Below the first of these (of 255) it is
# not used, from the second on it is used alone.
_COARSE, _FINE = 8, 40
# A pixel of this alpha or more (of 255) counts in full as a neighbour; of a fainter one the colour is known too coarsely.
_PRESENT = 16
_VIGNETTE_CELLS = 32


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What a filter knows besides the colours: its amount (0 where it takes none), its colour, and the picture's alpha, None if opaque."""

    amount: float
    color: Rgba
    alpha: Image.Image | None


def apply(image: Image.Image, wanted: Filter) -> Image.Image:
    """``image`` (L, LA, RGB or RGBA) as the filter ``wanted`` makes it: the same size and the same alpha.

    The result is gray (L or LA) after ``grayscale``, in colour (RGB or RGBA) after ``sepia`` and ``tint``, else as before.
    """
    rule = FILTERS[wanted.name]
    default = rule.amount.default if rule.amount else 0
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    opaque = alpha is None or alpha.getextrema() == (255, 255)
    told = _Told(
        amount=default if wanted.amount is None else wanted.amount,
        color=wanted.color or rule.color or BLACK,
        alpha=None if opaque else alpha,
    )
    filtered = _FILTERS[wanted.name](image.convert(image.mode.rstrip("A")), told)
    return filtered if alpha is None else _with_alpha(filtered, alpha)


def _grayscale(image: Image.Image, told: _Told) -> Image.Image:
    return image.convert("L")


def _sepia(image: Image.Image, told: _Told) -> Image.Image:
    rest = 1 - told.amount / 100
    return _mixed(
        image,
        (0.393 + 0.607 * rest, 0.769 - 0.769 * rest, 0.189 - 0.189 * rest),
        (0.349 - 0.349 * rest, 0.686 + 0.314 * rest, 0.168 - 0.168 * rest),
        (0.272 - 0.272 * rest, 0.534 - 0.534 * rest, 0.131 + 0.869 * rest),
    )


def _invert(image: Image.Image, told: _Told) -> Image.Image:
    return ImageChops.invert(image)


def _blur(image: Image.Image, told: _Told) -> Image.Image:
    return _blurred(image, told.alpha, told.amount)


def _sharpen(image: Image.Image, told: _Told) -> Image.Image:
    # A blend beyond its end: what the blur has taken is added once more, as often as the amount says.
    return Image.blend(_blurred(image, told.alpha, _SHARPENING_SIGMA), image, 1 + told.amount / 100)


def _pixelate(image: Image.Image, told: _Told) -> Image.Image:
    side = int(told.amount)
    cells = image.reduce(side) if told.alpha is None else _means(image, told.alpha, lambda band: band.reduce(side))
    return cells.resize(image.size, Image.Resampling.NEAREST, box=(0, 0, image.width / side, image.height / side))


def _brightness(image: Image.Image, told: _Told) -> Image.Image:
    factor = 1 + told.amount / 100
    return _mapped(image, lambda tone: tone * factor)


def _contrast(image: Image.Image, told: _Told) -> Image.Image:
    factor = 1 + told.amount / 100
    return _mapped(image, lambda tone: (tone - 127.5) * factor + 127.5)


def _saturation(image: Image.Image, told: _Told) -> Image.Image:
    kept = 1 + told.amount / 100
    red, green, blue = 0.213 * (1 - kept), 0.715 * (1 - kept), 0.072 * (1 - kept)
    return _in_color(image, (red + kept, green, blue), (red, green + kept, blue), (red, green, blue + kept))


def _hue(image: Image.Image, told: _Told) -> Image.Image:
    along, across = cos(radians(told.amount)), sin(radians(told.amount))
    return _in_color(
        image,
        (0.213 + 0.787 * along - 0.213 * across, 0.715 - 0.715 * along - 0.715 * across, 0.072 - 0.072 * along + 0.928 * across),
        (0.213 - 0.213 * along + 0.143 * across, 0.715 + 0.285 * along + 0.140 * across, 0.072 - 0.072 * along - 0.283 * across),
        (0.213 - 0.213 * along - 0.787 * across, 0.715 - 0.715 * along + 0.715 * across, 0.072 + 0.928 * along + 0.072 * across),
    )


def _gamma(image: Image.Image, told: _Told) -> Image.Image:
    return _mapped(image, lambda tone: 255 * (tone / 255) ** (1 / told.amount))


def _autocontrast(image: Image.Image, told: _Told) -> Image.Image:
    # Stretched by brightness and alike in every channel: each channel by itself would shift the colours.
    return ImageOps.autocontrast(image, cutoff=told.amount, mask=told.alpha, preserve_tone=True)


def _equalize(image: Image.Image, told: _Told) -> Image.Image:
    tones = image.convert("L")
    counted = tones.histogram(told.alpha)
    # The darkest tone that there is becomes black, however frequent it is.
    darkest = next((count for count in counted if count), 0)
    others = max(1, sum(counted) - darkest)
    changes = [round(255 * max(0, below - darkest) / others) - tone for tone, below in enumerate(accumulate(counted))]
    # Every channel changes as much as the brightness does, and the colours stay.
    lighter, darker = (tones.point([max(0, sign * change) for change in changes]) for sign in (1, -1))
    channels = [ImageChops.subtract(ImageChops.add(channel, lighter), darker) for channel in image.split()]
    return Image.merge(image.mode, channels)


def _posterize(image: Image.Image, told: _Told) -> Image.Image:
    bits = int(told.amount)
    # Spread over the whole range, for white to stay white.
    return _mapped(image, lambda tone: (tone >> (8 - bits)) * 255 / (2**bits - 1))


def _solarize(image: Image.Image, told: _Told) -> Image.Image:
    return _mapped(image, lambda tone: tone if tone < told.amount else 255 - tone)


def _tint(image: Image.Image, told: _Told) -> Image.Image:
    own = _luma(told.color)
    # From black over the colour, at its own luma, to white: a tone of any luma keeps it, and nothing is ever cut off.
    ramps = [_ramp(channel, own) for channel in told.color[:3]]
    tinted = Image.merge("RGB", [image.convert("L").point(ramp) for ramp in ramps])
    return Image.blend(image.convert("RGB"), tinted, told.amount / 100 * told.color[3] / 255)


def _vignette(image: Image.Image, told: _Told) -> Image.Image:
    # The square of the squared distance, which is 1 in the corners: none in the middle, and a quarter of it at the middle of an edge.
    steps = [2 * step / _VIGNETTE_CELLS - 1 for step in range(_VIGNETTE_CELLS + 1)]
    light = bytes(round(255 - 2.55 * told.amount * ((x * x + y * y) / 2) ** 2) for y in steps for x in steps)
    small = Image.frombytes("L", (len(steps), len(steps)), light)
    # The first and last samples stand on the edges of the picture, not half a cell inside of them.
    inside = (0.5, 0.5, _VIGNETTE_CELLS + 0.5, _VIGNETTE_CELLS + 0.5)
    mask = small.resize(image.size, Image.Resampling.BILINEAR, box=inside)
    return Image.composite(image, Image.new(image.mode, image.size), mask)


def _emboss(image: Image.Image, told: _Told) -> Image.Image:
    return _convolved(image, told.alpha, (-1, 0, 0), (0, 1, 0), (0, 0, 0), offset=128)


def _edges(image: Image.Image, told: _Told) -> Image.Image:
    return _convolved(image, told.alpha, (-1, -1, -1), (-1, 8, -1), (-1, -1, -1))


def _contour(image: Image.Image, told: _Told) -> Image.Image:
    return _convolved(image, told.alpha, (-1, -1, -1), (-1, 8, -1), (-1, -1, -1), offset=255)


def _smooth(image: Image.Image, told: _Told) -> Image.Image:
    return _convolved(image, told.alpha, (1, 1, 1), (1, 5, 1), (1, 1, 1), scale=13)


_FILTERS: dict[str, Callable[[Image.Image, _Told], Image.Image]] = {
    "grayscale": _grayscale,
    "sepia": _sepia,
    "invert": _invert,
    "blur": _blur,
    "sharpen": _sharpen,
    "pixelate": _pixelate,
    "brightness": _brightness,
    "contrast": _contrast,
    "saturation": _saturation,
    "hue": _hue,
    "gamma": _gamma,
    "autocontrast": _autocontrast,
    "equalize": _equalize,
    "posterize": _posterize,
    "solarize": _solarize,
    "tint": _tint,
    "vignette": _vignette,
    "emboss": _emboss,
    "edges": _edges,
    "contour": _contour,
    "smooth": _smooth,
}
NAMES = tuple(_FILTERS)


def _mapped(image: Image.Image, to: Callable[[int], float]) -> Image.Image:
    """Each tone of each channel becomes ``to`` it, rounded and cut off at black and white."""
    table = [min(255, max(0, int(to(tone) + 0.5))) for tone in range(256)]
    return image.point(table * len(image.getbands()))


def _mixed(image: Image.Image, red: Sequence[float], green: Sequence[float], blue: Sequence[float]) -> Image.Image:
    """An RGB picture in which each channel is the sum of red, green and blue in these shares."""
    return image.convert("RGB").convert("RGB", (*red, 0, *green, 0, *blue, 0))


def _in_color(image: Image.Image, red: Sequence[float], green: Sequence[float], blue: Sequence[float]) -> Image.Image:
    """As ``_mixed``, for shares that add up to 1 in every row: gray stays as it is, and a gray picture needs nothing done."""
    return image if image.mode == "L" else _mixed(image, red, green, blue)


def _luma(color: Rgba) -> float:
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def _ramp(channel: int, own: float) -> list[int]:
    """A channel's tones for every luma: straight from 0 to ``channel`` at the luma ``own``, and straight from there to 255."""
    return [
        round(channel * luma / own if luma < own else 255 - (255 - channel) * (255 - luma) / (255 - own) if own < 255 else 255)
        for luma in range(256)
    ]


def _with_alpha(image: Image.Image, alpha: Image.Image) -> Image.Image:
    return Image.merge(image.mode + "A", (*image.split(), alpha))


def _blurred(image: Image.Image, alpha: Image.Image | None, sigma: float) -> Image.Image:
    blur = ImageFilter.GaussianBlur(sigma)
    if alpha is None:
        return image.filter(blur)
    blurred, coverage = _weighted(image, alpha, blur)
    if not any(coverage.histogram(alpha)[:_FINE]):
        return blurred
    trust = coverage.point([min(255, max(0, round(255 * (tone - _COARSE) / (_FINE - _COARSE)))) for tone in range(256)])
    return Image.composite(blurred, _broadly_blurred(image, alpha, sigma), trust)


def _weighted(image: Image.Image, weight: Image.Image, averaging: ImageFilter.MultibandFilter) -> tuple[Image.Image, Image.Image]:
    """``image`` averaged with each pixel counting by its ``weight``, and the averaged weight."""
    # In one chain, for each of these copies to be freed as soon as the next one is made.
    *colors, coverage = _with_alpha(image, weight).convert(image.mode + "a").filter(averaging).convert(image.mode + "A").split()
    return Image.merge(image.mode, colors), coverage


def _broadly_blurred(image: Image.Image, alpha: Image.Image, sigma: float) -> Image.Image:
    """Roughly what ``_blurred`` gives, and exact however little of the picture is visible.

    Shrinking and enlarging weigh by a triangle each, whose variances (a sixth of the cell's square) add up to the Gaussian's.
    """
    cell = sigma * sqrt(3)
    size = [min(side, max(1, round(side / cell))) for side in image.size]
    means = _means(image, alpha, lambda band: band.resize((size[0], size[1]), Image.Resampling.BILINEAR))
    return means.resize(image.size, Image.Resampling.BILINEAR)


def _means(image: Image.Image, alpha: Image.Image, shrink: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The colours of ``image`` as ``shrink`` averages them, each pixel counting by its alpha. It is given channels of floats."""
    *sums, weights = _with_alpha(image, alpha).convert(image.mode + "a").split()
    weight = shrink(weights.convert("F"))
    means = [
        ImageMath.lambda_eval(
            lambda args: args["convert"](args["sums"] * 255 / args["max"](args["weight"], 1e-6) + 0.5, "L"),
            sums=shrink(channel.convert("F")),
            weight=weight,
        )
        for channel in sums
    ]
    return Image.merge(image.mode, means)


def _convolved(
    image: Image.Image, alpha: Image.Image | None, *rows: tuple[int, int, int], scale: float = 1, offset: float = 0
) -> Image.Image:
    """The sum of each pixel and its neighbours by the weights of ``rows`` (the upper one first), over ``scale``, plus ``offset``."""
    # Pillow takes the lowest row first.
    kernel = ImageFilter.Kernel((3, 3), [weight for row in reversed(rows) for weight in row], scale=scale, offset=offset)
    convolved = _extended(_completed(image, alpha)).filter(kernel)
    return convolved.crop((1, 1, image.width + 1, image.height + 1))


def _completed(image: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """``image`` with the mean of its visible neighbours in place of every pixel that is not visible."""
    if alpha is None:
        return image
    present = alpha.point([min(255, tone * 255 // _PRESENT) for tone in range(256)])
    neighbours, _ = _weighted(image, present, ImageFilter.BoxBlur(1))
    return Image.composite(image, neighbours, present)


def _extended(image: Image.Image) -> Image.Image:
    """``image`` with its outermost pixels once more around it: Pillow leaves what has no neighbour on one side as it was."""
    width, height = image.size
    extended = Image.new(image.mode, (width + 2, height + 2))
    extended.paste(image, (1, 1))
    for source, target in ((1, 0), (height, height + 1)):
        extended.paste(extended.crop((0, source, width + 2, source + 1)), (0, target))
    for source, target in ((1, 0), (width, width + 1)):
        extended.paste(extended.crop((source, 0, source + 1, height + 2)), (target, 0))
    return extended
