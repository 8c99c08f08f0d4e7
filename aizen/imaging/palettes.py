"""Pictures of at most 256 colours, for formats that hold no more and files that should be smaller."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageChops, ImageStat

MOST_COLORS = 256
# Median cut sorts every colour it is shown. Chosen from so many pixels a palette is as good as from all of them (within 0.3 dB on
# photographs) at a tenth of the time.
_SAMPLE_SIDE = 256
# Frames are many, and lose less than 0.1 dB by it.
_FRAME_SAMPLE_SIDE = 128
_HALF = 128
# A palette lasts while neither the whole nor any block of so many pixels on a side is so many times worse off than when it was chosen.
_BLOCK = 8
_STILL_SUITS = 1.25


def colors_for(quality: int) -> int:
    """How many colours stand for ``quality`` (1 to 100): 2 to 256, closer together where each of them shows."""
    return 2 + round((MOST_COLORS - 2) * (quality / 100) ** 2)


def has_partial_alpha(image: Image.Image) -> bool:
    """Whether some pixel is neither opaque nor invisible."""
    return image.mode in ("LA", "RGBA") and sum(image.getchannel("A").histogram()[1:255]) > 0


def paletted(image: Image.Image, *, colors: int, dither: Image.Dither) -> Image.Image:
    """``image`` (L, LA, RGB or RGBA) in mode P with at most ``colors``; alpha is all or nothing, cut at one half.

    What is invisible has a colour of its own, whose index is ``info["transparency"]``. A picture of so few colours keeps each exactly.
    """
    return _around_hidden(image, colors, lambda pixels, most, _: _reduced(pixels, colors=most, dither=dither))


class LastingPalette:
    """Pictures that follow each other, as ``paletted`` makes them, not dithered: one palette lasts for as long as it suits them.

    To choose colours takes twenty times as long as to use them, and most frames of an animation have those of the one before.
    """

    def __init__(self, *, colors: int) -> None:
        self._colors = colors
        self._palette: Image.Image | None = None
        self._errors = (0.0, 0.0)

    def paletted(self, image: Image.Image) -> Image.Image:
        """``image`` (L, LA, RGB or RGBA) in mode P, as ``paletted`` gives it."""
        return _around_hidden(image, self._colors, self._reduced)

    def _reduced(self, pixels: Image.Image, most: int, hidden: Image.Image | None) -> Image.Image:
        if self._palette is not None and _count(self._palette) <= most:
            kept = pixels.quantize(palette=self._palette, dither=Image.Dither.NONE)
            if self._suits(_errors(kept, pixels, hidden), pixels, most):
                return kept
        made = _exact(pixels, most) or _reduced(pixels, colors=most, dither=Image.Dither.NONE, sample_side=_FRAME_SAMPLE_SIDE)
        self._palette, self._errors = _palette(made.getpalette() or [0, 0, 0]), _errors(made, pixels, hidden)
        return made

    def _suits(self, errors: tuple[float, float], pixels: Image.Image, most: int) -> bool:
        if not any(errors):
            return True
        # Each colour of so few can be kept.
        if pixels.getcolors(most) is not None:
            return False
        return all(now <= _STILL_SUITS * then for now, then in zip(errors, self._errors, strict=True))


def _around_hidden(image: Image.Image, colors: int, reduce: Callable[[Image.Image, int, Image.Image | None], Image.Image]) -> Image.Image:
    """``image`` as ``reduce`` gives it of its visible pixels, of so many colours and of what is hidden, and one colour for the hidden."""
    pixels = image.convert("RGB")
    hidden = _hidden(image)
    if hidden is None:
        return reduce(pixels, colors, None)
    # Whatever stands in invisible pixels should cost no colour.
    pixels.paste(_mean(pixels, hidden), mask=hidden)
    reduced = reduce(pixels, max(1, colors - 1), hidden)
    index = _used(reduced)
    reduced.putpalette([*(reduced.getpalette() or [])[: 3 * index], 0, 0, 0])
    reduced.paste(index, mask=hidden)
    reduced.info["transparency"] = index
    return reduced


def with_soft_alpha(image: Image.Image, *, colors: int) -> Image.Image:
    """``image`` (LA or RGBA) in mode P with at most ``colors``, each of them with an alpha of its own."""
    return image.convert("RGBA").quantize(colors, method=Image.Quantize.FASTOCTREE)


def _hidden(image: Image.Image) -> Image.Image | None:
    if image.mode not in ("LA", "RGBA"):
        return None
    mask = image.getchannel("A").point([255 if value < _HALF else 0 for value in range(256)])
    return mask if mask.getbbox() else None


def _mean(pixels: Image.Image, hidden: Image.Image) -> tuple[int, ...]:
    visible = hidden.point([255 - value for value in range(256)])
    if not visible.getbbox():
        return (0, 0, 0)
    return tuple(round(value) for value in ImageStat.Stat(pixels, mask=visible).mean)


def _reduced(pixels: Image.Image, *, colors: int, dither: Image.Dither, sample_side: int = _SAMPLE_SIDE) -> Image.Image:
    method = Image.Quantize.MEDIANCUT
    if pixels.getcolors(colors) is not None:
        return pixels.quantize(colors, method=method)
    sample = pixels.resize(
        (min(pixels.width, sample_side), min(pixels.height, sample_side)),
        # Mixed pixels would bring colours that are not there.
        Image.Resampling.NEAREST,
    )
    return pixels.quantize(palette=sample.quantize(colors, method=method), dither=dither)


def _exact(pixels: Image.Image, most: int) -> Image.Image | None:
    """``pixels`` in mode P with each colour kept; None where there are more of them, or some too close together to be told quickly."""
    found = pixels.getcolors(most)
    if found is None:
        return None
    palette = _palette([value for _, color in found if isinstance(color, tuple) for value in color])
    mapped = pixels.quantize(palette=palette, dither=Image.Dither.NONE)
    return mapped if not any(_errors(mapped, pixels, None)) else None


def _errors(reduced: Image.Image, pixels: Image.Image, hidden: Image.Image | None) -> tuple[float, float]:
    """How far the colours are off: on average, and in the block that is worst off (at least 1). Both 0 where each visible one is kept."""
    difference = ImageChops.difference(reduced.convert("RGB"), pixels)
    if hidden is not None:
        difference.paste((0, 0, 0), mask=hidden)
    mean = sum(ImageStat.Stat(difference).mean)
    if mean == 0:
        return 0, 0
    return mean, float(max(1, *(highest for _, highest in ImageStat.Stat(difference.reduce(_BLOCK)).extrema)))


def _palette(values: list[int]) -> Image.Image:
    """A palette by itself: whoever gets a picture that has it may give that picture a colour more."""
    palette = Image.new("P", (1, 1))
    palette.putpalette(values)
    return palette


def _count(palette: Image.Image) -> int:
    return len(palette.getpalette() or []) // 3


def _used(reduced: Image.Image) -> int:
    highest = reduced.getextrema()[1]
    return int(highest) + 1 if isinstance(highest, (int, float)) else MOST_COLORS
