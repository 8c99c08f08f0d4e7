from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aizen.imaging.attention import looked_for
from aizen.imaging.steps import Resize

from .pictures import scene
from .rendering import edited


def textured(at: tuple[int, int], size: tuple[int, int] = (120, 60)) -> Image.Image:
    """A gray picture with one patch of noise."""
    noise = np.random.default_rng(5).integers(0, 255, (20, 20), dtype=np.uint8)
    image = Image.new("RGB", size, "#909090")
    image.paste(Image.fromarray(noise).convert("RGB"), at)
    return image


@pytest.mark.parametrize(("left", "expected"), [(2, 0), (98, 1), (50, 0.5), (20, 1 / 12)])
def test_a_window_goes_to_where_there_is_texture(left: int, expected: float) -> None:
    assert looked_for(textured((left, 20)), (0.5, 1))[0] == pytest.approx(expected, abs=0.05)


def test_what_is_found_stands_in_the_middle_of_the_window() -> None:
    # 20 pixels from 60 on, in a window of 60: from 40 on, of 0 to 60.
    assert looked_for(textured((60, 20)), (0.5, 1))[0] * 60 == pytest.approx(40, abs=8)


def test_strong_colour_and_skin_attract_where_nothing_has_texture() -> None:
    for color in ("#e01010", "#d8a080", "#70482f"):
        image = Image.new("RGB", (60, 120), "#a0a0a0")
        ImageDraw.Draw(image).ellipse((20, 80, 40, 100), fill=color)
        image = image.resize((30, 60)).resize((60, 120))

        assert looked_for(image, (1, 0.4))[1] > 0.7, color


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (2, 90), (128, 1), (60, 40)])
def test_a_window_over_an_even_picture_stays_in_the_middle(mode: str, size: tuple[int, int]) -> None:
    found = looked_for(Image.new(mode, size, "teal"), (0.4, 0.4))

    assert found == pytest.approx((0.5, 0.5), abs=0.05)


def test_what_is_transparent_attracts_nobody() -> None:
    image = textured((2, 20))
    ImageDraw.Draw(image).rectangle((90, 20, 110, 40), fill="#b06060")
    assert looked_for(image, (0.5, 1))[0] < 0.3

    alpha = Image.new("L", image.size, 255)
    alpha.paste(0, (0, 0, 60, 60))
    image.putalpha(alpha)

    assert looked_for(image, (0.5, 1))[0] > 0.7


def test_a_crop_that_looks_for_itself_has_the_subject_in_it(tmp_path: Path) -> None:
    source = Image.new("RGB", (200, 100), "#8a8f94")
    source.paste(scene(40, 40), (150, 30))

    made = edited(source, Resize(width=50, height=50, fit="cover", gravity="auto"), folder=tmp_path)

    # The picture's own colours: red and green above, blue and yellow below.
    colors = np.asarray(made.convert("RGB")).reshape(-1, 3).astype(int)
    assert (np.abs(colors - (0xC0, 0x30, 0x20)).sum(axis=1) < 60).sum() > 20
    assert (np.abs(colors - (0xE0, 0xC0, 0x30)).sum(axis=1) < 60).sum() > 20
