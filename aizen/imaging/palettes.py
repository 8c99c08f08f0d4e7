"""Pictures of at most 256 colours, for formats that hold no more and files that should be smaller."""

from __future__ import annotations

from PIL import Image, ImageStat

MOST_COLORS = 256
# Median cut sorts every colour it is shown. Chosen from so many pixels a palette is as good as from all of them (within 0.3 dB on
# photographs) at a tenth of the time.
_SAMPLE_SIDE = 256
_HALF = 128


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
    pixels = image.convert("RGB")
    hidden = _hidden(image)
    if hidden is None:
        return _reduced(pixels, colors=colors, dither=dither)
    # Whatever stands in invisible pixels should cost no colour.
    pixels.paste(_mean(pixels, hidden), mask=hidden)
    reduced = _reduced(pixels, colors=max(1, colors - 1), dither=dither)
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


def _reduced(pixels: Image.Image, *, colors: int, dither: Image.Dither) -> Image.Image:
    method = Image.Quantize.MEDIANCUT
    if pixels.getcolors(colors) is not None:
        return pixels.quantize(colors, method=method)
    sample = pixels.resize(
        (min(pixels.width, _SAMPLE_SIDE), min(pixels.height, _SAMPLE_SIDE)),
        # Mixed pixels would bring colours that are not there.
        Image.Resampling.NEAREST,
    )
    return pixels.quantize(palette=sample.quantize(colors, method=method), dither=dither)


def _used(reduced: Image.Image) -> int:
    highest = reduced.getextrema()[1]
    return int(highest) + 1 if isinstance(highest, (int, float)) else MOST_COLORS
