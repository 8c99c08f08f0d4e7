"""The project's own sample picture: a lake at dawn, drawn here, so that the documents show real pictures that belong to nobody else."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageFilter

SIZE = (1200, 800)
# Drawn larger and reduced, so that edges are smooth.
_SCALE = 2
_HORIZON = 0.58
_SUN = (0.68, 0.40)

Color = tuple[int, int, int]


def lake() -> Image.Image:
    """The picture, 1200 × 800 px, RGB, the same on every machine but for rounding."""
    width, height = SIZE[0] * _SCALE, SIZE[1] * _SCALE
    horizon = round(height * _HORIZON)
    picture = Image.new("RGB", (width, height))
    picture.paste(_gradient((width, horizon), ((38, 58, 112), (128, 108, 162), (236, 146, 126), (255, 209, 150))))
    _sun(picture)
    for layer, (color, rise, roughness) in enumerate(
        (((118, 98, 148), 0.30, 5), ((78, 70, 120), 0.21, 8), ((43, 46, 84), 0.13, 12)), start=1
    ):
        _ridge(picture, color, base=horizon, rise=round(height * rise), roughness=roughness, seed=layer * 7)
    _water(picture, horizon)
    _boat(picture, (round(width * 0.33), round(height * 0.70)), size=round(height * 0.17))
    _reeds(picture, seed=11)
    small = picture.resize(SIZE, Image.Resampling.LANCZOS)
    return _grained(small)


def badge() -> Image.Image:
    """A round mark with transparency, 240 × 240 px, RGBA, for watermarks and alpha."""
    side = 240 * _SCALE
    mark = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(mark)
    draw.ellipse((8, 8, side - 8, side - 8), fill=(20, 38, 76, 235), outline=(255, 255, 255, 255), width=side // 24)
    draw.polygon([(side * 0.2, side * 0.7), (side * 0.43, side * 0.3), (side * 0.62, side * 0.7)], fill=(255, 255, 255, 255))
    draw.polygon([(side * 0.5, side * 0.7), (side * 0.65, side * 0.45), (side * 0.82, side * 0.7)], fill=(255, 196, 120, 255))
    return mark.resize((240, 240), Image.Resampling.LANCZOS)


def _gradient(size: tuple[int, int], colors: tuple[Color, ...]) -> Image.Image:
    column = Image.new("RGB", (1, len(colors)))
    column.putdata(colors)
    return column.resize((1, size[1]), Image.Resampling.BICUBIC).resize(size)


def _sun(picture: Image.Image) -> None:
    width, height = picture.size
    center = (width * _SUN[0], height * _SUN[1])
    for radius, glow in ((0.42, 40), (0.22, 110), (0.1, 255)):
        reach = height * radius
        light = Image.new("L", picture.size)
        ImageDraw.Draw(light).ellipse((center[0] - reach, center[1] - reach, center[0] + reach, center[1] + reach), fill=glow)
        if glow < 255:
            light = light.resize((width // 16, height // 16)).filter(ImageFilter.GaussianBlur(reach / 40)).resize(picture.size)
        picture.paste((255, 236, 190), mask=light)


def _profile(seed: int, roughness: int) -> Callable[[float], float]:
    chance = random.Random(seed)
    waves = [(n * chance.uniform(0.7, 1.3), chance.uniform(0, math.tau), 1 / (1 + 0.7 * n)) for n in range(1, roughness)]
    total = sum(weight for _, _, weight in waves)
    return lambda at: 0.5 + 0.5 * sum(weight * math.sin(math.tau * at * pace + phase) for pace, phase, weight in waves) / total


def _ridge(picture: Image.Image, color: Color, *, base: int, rise: int, roughness: int, seed: int) -> None:
    width = picture.width
    height_at = _profile(seed, roughness)
    top = [(x, base - rise * height_at(x / width)) for x in range(0, width + 1, 4)]
    ImageDraw.Draw(picture).polygon([(0, base), *top, (width, base)], fill=color)


def _water(picture: Image.Image, horizon: int) -> None:
    width, height = picture.size
    depth = height - horizon
    mirrored = picture.crop((0, max(0, horizon - depth), width, horizon)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    water = mirrored.resize((width, depth)).filter(ImageFilter.GaussianBlur(6))
    chance = random.Random(3)
    rows = Image.new("RGB", water.size)
    for y in range(0, depth, 4):
        strip = water.crop((0, y, width, y + 4))
        rows.paste(ImageChops.offset(strip, round(math.sin(y / 23) * y / 40 + chance.uniform(-3, 3)), 0), (0, y))
    picture.paste(Image.blend(rows, Image.new("RGB", rows.size, (18, 34, 70)), 0.28), (0, horizon))


def _boat(picture: Image.Image, at: tuple[int, int], *, size: int) -> None:
    x, y = at
    draw = ImageDraw.Draw(picture)

    def shape(color: Color, *corners: tuple[float, float]) -> None:
        draw.polygon([(x + across * size, y + down * size) for across, down in corners], fill=color)

    shape((122, 42, 40), (-0.62, 0), (0.6, 0), (0.42, 0.2), (-0.44, 0.2))
    shape((60, 40, 32), (-0.02, -1.25), (0.02, -1.25), (0.02, 0), (-0.02, 0))
    shape((255, 240, 214), (-0.06, -1.2), (-0.06, -0.1), (-0.5, -0.1))
    shape((222, 74, 58), (0.06, -1.1), (0.06, -0.1), (0.44, -0.1))


def _reeds(picture: Image.Image, *, seed: int) -> None:
    chance = random.Random(seed)
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    for _ in range(90):
        foot = chance.uniform(-0.02, 0.22) * width if chance.random() < 0.6 else chance.uniform(0.84, 1.02) * width
        length = chance.uniform(0.08, 0.26) * height
        lean = chance.uniform(-0.25, 0.25) * length
        points = [(foot + lean * (step / 8) ** 2, height - length * step / 8) for step in range(9)]
        draw.line(points, fill=(14, 22, 36), width=chance.choice((3, 4, 5)), joint="curve")


def _grained(picture: Image.Image) -> Image.Image:
    """With a little noise, as a sensor has it: an even gradient would show nothing of blurring and sharpening."""
    chance = random.Random(5)
    width, height = picture.size
    noise = Image.frombytes("L", (width, height), chance.randbytes(width * height)).point([121 + value // 18 for value in range(256)])
    return ImageChops.add(picture, Image.merge("RGB", (noise, noise, noise)), scale=1, offset=-128)
