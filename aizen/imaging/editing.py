"""The operations: each takes a picture as a ``Canvas`` and a step, and gives the picture that the step makes of it.

What size comes out, and which part is kept, is computed in ``geometry``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import ceil, cos, radians, sin

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from aizen.imaging.canvas import Canvas
from aizen.imaging.geometry import crop_box, fitted, kept_box, rotated, standing, swung
from aizen.imaging.steps import Background, Border, Crop, Flip, Ground, Mirror, Pad, Radius, Resize, Rgba, Rotate, Trim
from aizen.imaging.turns import FLIPPED, MIRRORED, QUARTERS, Box, Point, Size

# How much finer than the picture round corners are drawn, and how many pixels that may take on a side.
_FINER = 4
_FINEST_SIDE = 4096
# Corners no larger are kept for the next frame: an animation of many frames has no larger ones.
_KEPT_CORNER_SIDE = 512
# A ground of blur is made this small, blurred, and enlarged: the eye cannot tell, and 4096 pixels take no longer than 400.
_BLUR_SIDE = 64
_BLUR_SIGMA = 2.5
# Rows that are looked through at a time for a border.
_STRIP_PIXELS = 1 << 20


def crop(canvas: Canvas, step: Crop) -> Canvas:
    """Only the part that ``step`` names."""
    return canvas.cropped(crop_box(step, canvas.size))


def inside_border(image: Image.Image, step: Trim) -> Box | None:
    """What is left of ``image`` without its border; None where it is all border."""
    rows = max(1, _STRIP_PIXELS // image.width)
    boxes: list[tuple[int, int, int, int]] = []
    # Of what is transparent the colour does not count: where there is alpha, colours are multiplied by it.
    corner = _by_alpha(image.crop((0, 0, 1, 1)))
    for top in range(0, image.height, rows):
        strip = _by_alpha(image.crop((0, top, image.width, min(top + rows, image.height))))
        for ground, band in zip(corner.split(), strip.split(), strict=True):
            color = ground.tobytes()[0]
            box = band.point([0 if abs(value - color) <= step.tolerance else 255 for value in range(256)]).getbbox()
            if box is not None:
                boxes.append((box[0], box[1] + top, box[2], box[3] + top))
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _by_alpha(image: Image.Image) -> Image.Image:
    return image.convert("RGBA").convert("RGBa") if image.mode in ("LA", "RGBA") else image


def resize(canvas: Canvas, step: Resize, *, found: Point | None = None) -> Canvas:
    """The picture in the size that ``step`` wants; ``found`` is where the gravity of ``auto`` has found something to see."""
    fitting = fitted(step, canvas.size)
    part = kept_box(step, canvas.size, fitting, focal=canvas.focal, found=found)
    whole: Box = (0, 0, *canvas.size)
    same = part == whole and fitting.scaled == canvas.size
    scaled = canvas if same else canvas.showing(canvas.pixels(size=fitting.scaled, part=part), part=part)
    return _padded(scaled, standing(step, fitting), fitting.size, step.background) if step.fit == "pad" else scaled


def rotate(canvas: Canvas, step: Rotate) -> Canvas:
    """The picture turned clockwise, whole, on a canvas that has grown."""
    if step.angle in QUARTERS:
        return canvas.turned(QUARTERS[int(step.angle)])
    pixels = _with_alpha(canvas.pixels())
    size = rotated(step.angle, canvas.size)
    # A rim of one transparent pixel, into which the edges are interpolated: they would be jagged.
    rimmed = Image.new(pixels.mode, (pixels.width + 2, pixels.height + 2))
    rimmed.paste(pixels, (1, 1))
    across, down = cos(radians(step.angle)), sin(radians(step.angle))
    x, y = size[0] / 2, size[1] / 2
    back = (across, down, rimmed.width / 2 - across * x - down * y, -down, across, rimmed.height / 2 + down * x - across * y)
    turned = rimmed.transform(size, Image.Transform.AFFINE, back, Image.Resampling.BICUBIC)
    made = canvas.showing(_laid(turned, size, (0, 0), step.background))
    return replace(made, focal=swung(canvas.focal, canvas.size, step.angle))


def flip(canvas: Canvas, step: Flip) -> Canvas:
    """Top is bottom."""
    return canvas.turned(FLIPPED)


def mirror(canvas: Canvas, step: Mirror) -> Canvas:
    """Left is right."""
    return canvas.turned(MIRRORED)


def background(canvas: Canvas, step: Background) -> Canvas:
    """The picture laid on a colour."""
    return canvas.showing(_laid(canvas.pixels(), canvas.size, (0, 0), step.color)) if canvas.has_alpha else canvas


def pad(canvas: Canvas, step: Pad) -> Canvas:
    """The picture with room around it."""
    size = canvas.size[0] + step.left + step.right, canvas.size[1] + step.top + step.bottom
    return _padded(canvas, (step.left, step.top), size, step.background)


def radius(canvas: Canvas, step: Radius) -> Canvas:
    """The picture with round corners, transparent outside them."""
    longest = min(canvas.size) / 2
    rounded = longest if step.radius == "max" else min(step.radius, longest)
    if rounded <= 0:
        return canvas
    pixels = _with_alpha(canvas.pixels())
    made = pixels.copy()
    made.putalpha(ImageChops.multiply(pixels.getchannel("A"), _rounded(canvas.size, rounded)))
    return canvas.showing(made, rounded=rounded)


def border(canvas: Canvas, step: Border) -> Canvas:
    """The picture in a frame, which follows corners that were made round just before."""
    wide = step.width
    if wide <= 0:
        return canvas
    size = canvas.size[0] + 2 * wide, canvas.size[1] + 2 * wide
    part = (-wide, -wide, canvas.size[0] + wide, canvas.size[1] + wide)
    pixels = canvas.pixels()
    if canvas.rounded:
        made = _ring(canvas, size, step)
        made.alpha_composite(pixels.convert("RGBA"), (wide, wide))
        return canvas.showing(made, part=part)
    opaque = step.color[3] == 255 and not canvas.has_alpha
    made = Image.new("RGB", size, step.color[:3]) if opaque else Image.new("RGBA", size, step.color)
    made.paste(pixels.convert(made.mode), (wide, wide))
    return canvas.showing(made, part=part)


def _ring(canvas: Canvas, size: Size, step: Border) -> Image.Image:
    outer = _rounded(size, canvas.rounded + step.width)
    # One pixel of it lies under the picture, whose own edge is half transparent.
    hole = max(1, canvas.size[0] - 2), max(1, canvas.size[1] - 2)
    inner = Image.new("L", size)
    inner.paste(_rounded(hole, min(max(canvas.rounded - 1, 0), min(hole) / 2)), (step.width + 1, step.width + 1))
    ring = Image.new("RGBA", size, step.color)
    mask = ImageChops.subtract(outer, inner)
    ring.putalpha(ImageChops.multiply(mask, Image.new("L", size, step.color[3])))
    return ring


def _rounded(size: Size, rounded: float) -> Image.Image:
    """A mask of ``size``: 255 inside, 0 outside corners of the radius ``rounded``, and what is covered of the pixels between."""
    mask = Image.new("L", size, 255)
    side = ceil(rounded)
    if side == 0:
        return mask
    corner = _kept_corner(rounded) if side <= _KEPT_CORNER_SIDE else _corner(rounded)
    right, bottom = size[0] - side, size[1] - side
    mask.paste(corner, (0, 0))
    mask.paste(corner.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (right, 0))
    mask.paste(corner.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, bottom))
    mask.paste(corner.transpose(Image.Transpose.ROTATE_180), (right, bottom))
    return mask


def _corner(rounded: float) -> Image.Image:
    """The upper left corner of a mask, which nobody may change."""
    side = ceil(rounded)
    finer = max(1, min(_FINER, _FINEST_SIDE // side))
    fine = Image.new("L", (side * finer, side * finer))
    # An ellipse's box has its last pixel inside it.
    ImageDraw.Draw(fine).ellipse((0, 0, 2 * rounded * finer - 1, 2 * rounded * finer - 1), fill=255)
    return fine.reduce(finer)


_kept_corner = lru_cache(maxsize=4)(_corner)


def _padded(canvas: Canvas, offset: tuple[int, int], size: Size, ground: Ground | None) -> Canvas:
    if size == canvas.size and not canvas.has_alpha:
        return canvas
    below = _blurred(canvas, size) if ground == "blur" else ground
    part = (-offset[0], -offset[1], size[0] - offset[0], size[1] - offset[1])
    return canvas.showing(_laid(canvas.pixels(), size, offset, below), part=part)


def _blurred(canvas: Canvas, size: Size) -> Image.Image:
    """The picture covering ``size``, blurred beyond recognition."""
    cover = Resize(width=size[0], height=size[1], fit="cover", enlarge=True, gravity="center")
    part = kept_box(cover, canvas.size, fitted(cover, canvas.size))
    scale = min(1.0, _BLUR_SIDE / max(size))
    small = canvas.pixels(size=(max(1, round(size[0] * scale)), max(1, round(size[1] * scale))), part=part)
    # Multiplied by alpha, as a resize is: what is transparent has no colour to bleed.
    blurred = _by_alpha(small).filter(ImageFilter.GaussianBlur(_BLUR_SIGMA))
    return blurred.resize(size, Image.Resampling.BICUBIC).convert("RGBA" if canvas.has_alpha else "RGB")


def _laid(image: Image.Image, size: Size, offset: tuple[int, int], ground: Rgba | Image.Image | None) -> Image.Image:
    """``image`` standing at ``offset`` on a ground of ``size``, which shows through what is transparent in it; None is no ground."""
    if size == image.size and (ground is None or image.mode in ("L", "RGB")):
        return image
    if ground is None:
        over = _with_alpha(image)
        empty = Image.new(over.mode, size)
        empty.paste(over, offset)
        return empty
    if isinstance(ground, Image.Image):
        below = ground
    else:
        below = Image.new("RGB", size, ground[:3]) if ground[3] == 255 else Image.new("RGBA", size, ground)
    if below.mode == "RGBA":
        below.alpha_composite(image.convert("RGBA"), offset)
    else:
        below.paste(image.convert("RGB"), offset, image.getchannel("A") if image.mode in ("LA", "RGBA") else None)
    return below


def _with_alpha(image: Image.Image) -> Image.Image:
    return image if image.mode in ("LA", "RGBA") else image.convert("LA" if image.mode == "L" else "RGBA")
