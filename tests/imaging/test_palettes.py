from __future__ import annotations

import numpy as np
from PIL import Image

from aizen.imaging.palettes import LastingPalette

from .pictures import psnr, scene


def noise(seed: int, *, low: int = 0, high: int = 256, side: int = 64) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(low, high, (side, side, 3), dtype=np.uint8))


def test_a_palette_lasts_while_it_suits_the_frames() -> None:
    palette = LastingPalette(colors=64)

    first, second = (palette.paletted(noise(seed)) for seed in (1, 2))

    assert first.getpalette() == second.getpalette()
    assert psnr(first, noise(1)) > 18
    assert psnr(second, noise(2)) > psnr(first, noise(1)) - 1


def test_another_scene_gets_colours_of_its_own() -> None:
    palette = LastingPalette(colors=64)
    palette.paletted(noise(1, low=0, high=80))

    dark, bright = noise(2, low=0, high=80), noise(3, low=170)
    partly = dark.copy()
    partly.paste(bright.crop((0, 0, 16, 16)), (40, 40))

    assert psnr(palette.paletted(partly).crop((40, 40, 56, 56)), partly.crop((40, 40, 56, 56))) > 18
    assert psnr(palette.paletted(bright), bright) > 18


def test_few_colours_are_each_kept_after_many() -> None:
    palette = LastingPalette(colors=32)
    palette.paletted(noise(1))

    for picture in (scene(60, 40).quantize(30).convert("RGB"), Image.linear_gradient("L").crop((0, 0, 30, 30)).convert("RGB")):
        assert psnr(palette.paletted(picture), picture) == 99


def test_the_colour_of_what_is_hidden_is_nobody_elses() -> None:
    palette = LastingPalette(colors=16)
    hidden = noise(1).convert("RGBA")
    hidden.paste((0, 0, 0, 0), (0, 0, 20, 20))

    for _ in range(2):
        first = palette.paletted(hidden)
        assert first.convert("RGBA").getchannel("A").tobytes() == hidden.getchannel("A").tobytes()
    black = noise(2)
    black.paste((0, 0, 0), (0, 0, 20, 20))
    made = palette.paletted(black)
    assert "transparency" not in made.info
    assert len(made.getpalette() or []) <= 3 * 16
