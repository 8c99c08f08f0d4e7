from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from math import cos, pi
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aizen.errors import Unreadable
from aizen.imaging.measuring import bounded_jpeg, measure
from aizen.imaging.thumbhash import thumbhash

from .pictures import opened, photo, pixels, png_chunk, png_with, psnr, saved, scene


class Bits:
    """Reads fields from the lowest bits of a ThumbHash upwards."""

    def __init__(self, data: bytes) -> None:
        self.value = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        taken = self.value & ((1 << count) - 1)
        self.value >>= count
        return taken


def decoded(data: bytes) -> Image.Image:
    """The placeholder that a ThumbHash stands for, by the format's definition: written against the encoder, sharing nothing with it."""
    bits = Bits(data)
    l_mean, p_mean, q_mean = bits.take(6) / 63, bits.take(6) / 31.5 - 1, bits.take(6) / 31.5 - 1
    l_scale, has_alpha, waves = bits.take(5) / 31, bits.take(1), bits.take(3)
    p_scale, q_scale, landscape = bits.take(6) / 63 * 1.25, bits.take(6) / 63 * 1.25, bits.take(1)
    a_mean, a_scale = (bits.take(4) / 15, bits.take(4) / 15) if has_alpha else (1.0, 0.0)
    most = 5 if has_alpha else 7
    across, down = (most, waves) if landscape else (waves, most)
    ratio = across / down
    width, height = (32, round(32 / ratio)) if ratio > 1 else (round(32 * ratio), 32)

    def channel(mean: float, scale: float, nx: int, ny: int) -> np.ndarray:
        plane = np.full((height, width), mean)
        for cy in range(ny):
            for cx in range(0 if cy else 1, nx):
                if cx * ny < nx * (ny - cy):
                    value = (bits.take(4) / 7.5 - 1) * scale
                    row = np.array([cos(pi / width * cx * (x + 0.5)) for x in range(width)])
                    column = np.array([cos(pi / height * cy * (y + 0.5)) for y in range(height)])
                    plane += value * np.outer(column, row) * 2
        return plane

    luminance = channel(l_mean, l_scale, max(3, across), max(3, down))
    yellow_blue, red_green = channel(p_mean, p_scale, 3, 3), channel(q_mean, q_scale, 3, 3)
    alpha = channel(a_mean, a_scale, 5, 5) if has_alpha else np.ones((height, width))
    blue = luminance - 2 / 3 * yellow_blue
    red = (3 * luminance - blue + red_green) / 2
    planes = np.stack([red, red - red_green, blue, alpha], axis=-1)
    return Image.fromarray((planes.clip(0, 1) * 255).round().astype(np.uint8), "RGBA")


@pytest.mark.parametrize("size", [(400, 300), (300, 400), (256, 256), (600, 60), (1, 1), (3, 500)])
def test_a_thumbhash_decodes_to_something_like_the_picture(size: tuple[int, int]) -> None:
    image = scene(*size)

    shown = decoded(thumbhash(image))

    blurred = image.resize(shown.size, Image.Resampling.BOX)
    assert psnr(shown, blurred) > 13


@pytest.mark.parametrize("color", [(255, 255, 255), (0, 0, 0), (200, 30, 30), (10, 200, 90), (20, 40, 220)])
def test_a_plain_color_survives_a_thumbhash(color: tuple[int, int, int]) -> None:
    shown = pixels(decoded(thumbhash(Image.new("RGB", (50, 40), color))))

    assert abs(shown - color).max() < 12


def test_a_smooth_gradient_survives_a_thumbhash_well() -> None:
    gradient = Image.linear_gradient("L")

    assert psnr(decoded(thumbhash(gradient)), gradient.resize((32, 32), Image.Resampling.BOX)) > 20


def test_a_thumbhash_tells_what_is_transparent() -> None:
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 49, 99), fill=(220, 40, 40, 255))

    shown = pixels(decoded(thumbhash(image)), "RGBA")

    assert shown[16, 4, 3] > 200
    assert shown[16, 28, 3] < 60
    assert abs(shown[16, 4, :3] - (220, 40, 40)).max() < 25


def test_a_thumbhash_tells_landscape_from_portrait_and_is_short() -> None:
    landscape, portrait = thumbhash(scene(400, 200)), thumbhash(scene(200, 400))

    assert decoded(landscape).size == (32, 18)
    assert decoded(portrait).size == (18, 32)
    assert 15 < len(landscape) < 27


def test_measurements_are_facts_in_json() -> None:
    measured = measure(saved(scene(512, 300), "JPEG"))

    told = json.loads(json.dumps(measured.as_json()))
    assert len(b64decode(told["thumbhash"])) > 15
    assert told["orientation"] == "landscape"
    assert sum(share for _, share in told["colors"]) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("size", "word"), [((400, 300), "landscape"), ((300, 400), "portrait"), ((300, 300), "square"), ((300, 305), "square")]
)
def test_orientation(size: tuple[int, int], word: str) -> None:
    assert measure(saved(scene(*size), "PNG")).orientation == word


def test_the_dominant_color_is_that_of_most_pixels() -> None:
    image = Image.new("RGB", (200, 200), "#3366aa")
    ImageDraw.Draw(image).rectangle((0, 0, 60, 60), fill="#ffffff")

    measured = measure(saved(image, "PNG"))

    assert measured.dominant_color == "#3366aa"
    assert dict(measured.colors)["#3366aa"] == pytest.approx(0.9, abs=0.02)


def test_colors_are_those_of_what_is_visible() -> None:
    image = Image.new("RGBA", (200, 200), (255, 0, 255, 0))
    image.paste((0, 128, 0, 255), (0, 0, 50, 50))

    measured = measure(saved(image, "PNG"))

    assert measured.transparent
    assert measured.dominant_color == "#008000"
    assert measured.brightness == pytest.approx(75 / 255, abs=0.02)


def test_a_picture_that_is_invisible_everywhere_is_measured_too() -> None:
    assert measure(saved(Image.new("RGBA", (20, 20), (9, 9, 9, 0)), "PNG")).dominant_color == "#ffffff"


@pytest.mark.parametrize(("shade", "brightness"), [("black", 0), ("white", 1), ("#808080", 0.5)])
def test_brightness_contrast_and_saturation_of_plain_gray(shade: str, brightness: float) -> None:
    measured = measure(saved(Image.new("RGB", (64, 64), shade), "PNG"))

    assert measured.brightness == pytest.approx(brightness, abs=0.01)
    assert (measured.contrast, measured.saturation, measured.detail, measured.flatness) == (0, 0, 0, 1)
    assert measured.monochrome


def test_noise_has_detail_and_is_not_flat() -> None:
    measured = measure(saved(Image.effect_noise((256, 256), 60), "PNG"))

    assert measured.detail > 0.9
    assert measured.flatness < 0.1


@pytest.mark.parametrize(
    "name", ["collage-12mp.jpg", "Dragonfly_by_Bolly.jpg", "Wine_by_Jakkub_Mede.jpg", "Bridge_by_Sander_Klootwijk.jpg", "wood-l.webp"]
)
def test_photographs_are_told_as_such(name: str) -> None:
    measured = measure(photo(name).read_bytes())

    assert measured.kind == "photograph"
    assert measured.detail > 0.15


def test_drawings_are_told_as_such() -> None:
    image = Image.new("RGB", (512, 512), "white")
    draw = ImageDraw.Draw(image)
    for index in range(12):
        draw.rectangle((index * 40, 40, index * 40 + 25, 500 - index * 30), fill="#4060a0")

    assert measure(saved(image, "JPEG", quality=95)).kind == "graphic"


def test_a_bounded_jpeg_is_small_upright_opaque_and_without_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SECRET"
    source = scene(800, 600, "RGBA")
    source.putalpha(0)

    data = bounded_jpeg(saved(source, "PNG", exif=exif), max_side=320, quality=80)

    image = opened(data)
    assert (image.size, image.mode) == ((240, 320), "RGB")
    assert pixels(image).min() > 250
    assert b"SECRET" not in data
    assert b"Exif" not in data


def test_a_bounded_jpeg_is_never_enlarged() -> None:
    assert opened(bounded_jpeg(saved(scene(80, 60), "JPEG"), max_side=320, quality=80)).size == (80, 60)


@pytest.mark.parametrize("data", [b"", saved(scene(), "JPEG")[:3000], png_with(png_chunk(b"IDAT", b"x"))], ids=["empty", "cut", "broken"])
def test_what_cannot_be_decoded_cannot_be_measured(data: bytes) -> None:
    with pytest.raises(Unreadable):
        measure(data)
    with pytest.raises(Unreadable):
        bounded_jpeg(data, max_side=100, quality=80)


def test_importing_the_values_loads_no_decoder() -> None:
    script = "import sys, aizen.imaging; assert 'PIL' not in sys.modules and 'pebble' not in sys.modules"

    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
