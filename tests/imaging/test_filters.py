"""Each filter against its definition, written once more in floats. No function of Pillow that draws or filters is used for that."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

from aizen.imaging import filters
from aizen.imaging.steps import FILTERS, Filter

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Reference: TypeAlias = Callable[[Pixels, Pixels, float], Pixels]

LUMA = np.array([0.299, 0.587, 0.114])
WIDTH, HEIGHT = 50, 40
TINT = (30, 120, 200, 255)


def colorful() -> Pixels:
    """Gradients across each other, blocks of strong colour, a black and a white one, and a little noise."""
    across, down = np.meshgrid(np.linspace(0, 1, WIDTH), np.linspace(0, 1, HEIGHT))
    image = np.stack([255 * across, 255 * down, 255 * (1 - across) * (0.3 + 0.7 * down)], axis=-1) * 0.8 + 20
    for index, color in enumerate([(220, 30, 30), (30, 200, 60), (40, 60, 230), (240, 220, 20), (0, 0, 0), (255, 255, 255)]):
        image[6 + 5 * index : 10 + 5 * index, 4 + 7 * index : 12 + 7 * index] = color
    noise = np.random.default_rng(5).normal(0, 6, image.shape)
    return (image + noise).clip(0, 255).round()


def partly_transparent() -> Pixels:
    """Alpha: a corner and a stripe that are not there at all, a part that is half there, and the rest."""
    alpha = np.full((HEIGHT, WIDTH), 255.0)
    alpha[:15, :20] = 0
    alpha[:, 33:36] = 0
    alpha[25:, 20:] = np.linspace(60, 250, 30).round()
    alpha[25:, 33:36] = 0
    return alpha


@cache
def kept(mode: str, hidden: tuple[int, int, int]) -> Image.Image:
    colors, alpha = colorful(), partly_transparent()
    if mode.endswith("A"):
        colors[alpha == 0] = hidden
    image = Image.fromarray(colors.astype(np.uint8)).convert(mode.rstrip("A"))
    if mode.endswith("A"):
        image.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    return image


def picture(mode: str = "RGB", *, hidden: tuple[int, int, int] = (255, 0, 255)) -> Image.Image:
    """The picture in ``mode``; what is transparent has the colour ``hidden``."""
    return kept(mode, hidden).copy()


def split(image: Image.Image) -> tuple[Pixels, Pixels]:
    """Its colours (three channels) and its alpha, as floats."""
    values = np.asarray(image.convert("RGBA"), dtype=np.float64)
    return values[..., :3], values[..., 3]


def luma(colors: Pixels) -> Pixels:
    return np.asarray(colors @ LUMA)


def mixed(colors: Pixels, matrix: Any) -> Pixels:
    return np.asarray(colors @ np.array(matrix).T)


def grayscale(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    return np.repeat(luma(colors)[..., None], 3, axis=-1)


def by_channel(formula: Callable[[Pixels, float], Pixels]) -> Reference:
    def reference(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
        return formula(colors, amount)

    return reference


def sepia(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    brown = mixed(colors, [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    return colors + (brown - colors) * amount / 100


def saturation(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    gray = (colors @ np.array([0.213, 0.715, 0.072]))[..., None]
    return np.asarray(gray + (colors - gray) * (1 + amount / 100))


def hue(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    gray = np.array([[0.213, 0.715, 0.072]] * 3)
    across = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    turn = np.deg2rad(amount)
    return mixed(colors, gray + np.cos(turn) * (np.eye(3) - gray) + np.sin(turn) * across)


def gaussian(values: Pixels, sigma: float) -> Pixels:
    """``values`` (two axes) blurred, their edges continued."""
    reach = int(4 * sigma) + 1
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    for _ in range(2):
        padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
        values = np.stack([np.convolve(column, weights / weights.sum(), mode="valid") for column in padded.T])
    return values


def blur(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    coverage = np.maximum(gaussian(alpha, amount), 1e-9)
    return np.stack([gaussian(colors[..., channel] * alpha, amount) / coverage for channel in range(3)], axis=-1)


def sharpen(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    return colors + (colors - blur(colors, alpha, 1)) * amount / 100


def pixelate(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    result, side = colors.copy(), int(amount)
    for top in range(0, HEIGHT, side):
        for left in range(0, WIDTH, side):
            square = np.s_[top : top + side, left : left + side]
            if alpha[square].any():
                result[square] = np.average(colors[square].reshape(-1, 3), axis=0, weights=alpha[square].ravel())
    return result


def autocontrast(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    tones = np.sort(luma(colors)[alpha > 0].round())
    left_out = int(tones.size * amount / 100)
    darkest, lightest = tones[left_out], tones[-1 - left_out]
    return np.asarray((colors - darkest) * 255 / (lightest - darkest))


def equalize(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    tones = luma(colors).round()
    visible = np.sort(tones[alpha > 0])
    darkest = np.searchsorted(visible, visible[0], side="right")
    rank = np.searchsorted(visible, tones, side="right")
    equal = 255 * (rank - darkest).clip(0) / (visible.size - darkest)
    return np.asarray(colors + (equal - tones)[..., None])


def tint(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    own = float(luma(np.array(TINT[:3], dtype=np.float64)))
    tinted = np.stack([np.interp(luma(colors), [0, own, 255], [0, channel, 255]) for channel in TINT[:3]], axis=-1)
    return colors + (tinted - colors) * amount / 100


def vignette(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
    x = (np.arange(WIDTH) + 0.5) / WIDTH * 2 - 1
    y = (np.arange(HEIGHT) + 0.5) / HEIGHT * 2 - 1
    squared = (x[None, :] ** 2 + y[:, None] ** 2) / 2
    return np.asarray(colors * (1 - amount / 100 * squared**2)[..., None])


def neighbourhoods(colors: Pixels, alpha: Pixels) -> Pixels:
    """For each pixel the nine around it (by rows), where what is invisible has the mean of its visible neighbours."""

    def nine(values: Pixels) -> Pixels:
        padded = np.pad(values, ((1, 1), (1, 1), (0, 0)), mode="edge")
        return np.stack([padded[top : top + HEIGHT, left : left + WIDTH] for top in range(3) for left in range(3)], axis=-1)

    seen = (alpha > 0).astype(np.float64)[..., None]
    means = nine(colors * seen).sum(axis=-1) / np.maximum(nine(seen).sum(axis=-1), 1)
    return nine(np.where(seen > 0, colors, means))


def convolved(kernel: list[float], *, offset: float = 0) -> Reference:
    def reference(colors: Pixels, alpha: Pixels, amount: float) -> Pixels:
        return np.asarray(neighbourhoods(colors, alpha) @ np.array(kernel) + offset)

    return reference


LAPLACE = [-1.0, -1, -1, -1, 8, -1, -1, -1, -1]
REFERENCES: dict[str, Reference] = {
    "grayscale": grayscale,
    "sepia": sepia,
    "invert": by_channel(lambda colors, _: 255 - colors),
    "blur": blur,
    "sharpen": sharpen,
    "pixelate": pixelate,
    "brightness": by_channel(lambda colors, amount: colors * (1 + amount / 100)),
    "contrast": by_channel(lambda colors, amount: (colors / 255 * (1 + amount / 100) + 0.5 - 0.5 * (1 + amount / 100)) * 255),
    "saturation": saturation,
    "hue": hue,
    "gamma": by_channel(lambda colors, amount: (colors / 255) ** (1 / amount) * 255),
    "autocontrast": autocontrast,
    "equalize": equalize,
    "posterize": by_channel(lambda colors, amount: np.floor(colors / 2 ** (8 - amount)) / (2**amount - 1) * 255),
    "solarize": by_channel(lambda colors, amount: np.where(colors >= amount, 255 - colors, colors)),
    "tint": tint,
    "vignette": vignette,
    "emboss": convolved([-1.0, 0, 0, 0, 1, 0, 0, 0, 0], offset=128),
    "edges": convolved(LAPLACE),
    "contour": convolved(LAPLACE, offset=255),
    "smooth": convolved([value / 13 for value in [1.0, 1, 1, 1, 5, 1, 1, 1, 1]]),
}
AMOUNTS: dict[str, tuple[float, ...]] = {
    "sepia": (35, 100),
    "blur": (1, 2, 4),
    "sharpen": (40, 300),
    "pixelate": (2, 7, 512),
    "brightness": (-100, -30, 45, 100),
    "contrast": (-100, -30, 45, 100),
    "saturation": (-100, -30, 45, 100),
    "hue": (90, -30, 200.5),
    "gamma": (0.4, 2.2),
    "autocontrast": (0, 7),
    "posterize": (1, 3, 5),
    "solarize": (0, 100, 255),
    "tint": (40, 100),
    "vignette": (50, 100),
}
CASES = [(name, amount) for name in FILTERS for amount in AMOUNTS.get(name, (0,))]
# What a filter may be off by (the most and on average) where it is more than one formula rounded once: luma that is rounded before it is
# used, a Gaussian made of boxes, neighbours' colours known only as well as they are visible; and what sharpening makes of all that.
TOLERANCES = {
    "tint": (1.6, 0.75),
    "equalize": (2.5, 0.5),
    "vignette": (2, 0.5),
    "pixelate": (1.6, 0.75),
    "blur": (12, 1),
    "sharpen": (18.5, 2.4),
    "emboss": (2.1, 0.3),
    "edges": (5.1, 0.3),
    "contour": (5.1, 0.3),
}
MODES = ("RGB", "RGBA", "L", "LA")


def wanted(name: str, amount: float | None) -> Filter:
    return Filter(name=name, amount=amount if FILTERS[name].amount else None, color=TINT if name == "tint" else None)


def test_there_is_a_filter_for_every_name_that_can_be_asked_for() -> None:
    assert set(filters.NAMES) == set(FILTERS) == set(REFERENCES)


@pytest.mark.parametrize(("name", "amount"), CASES)
def test_a_filter_does_what_its_definition_says_and_alpha_stays(name: str, amount: float) -> None:
    most, mean = TOLERANCES.get(name, (1.3, 0.75))
    for mode in ("RGB", "RGBA", "L"):
        image = picture(mode)
        colors, alpha = split(image)

        result = filters.apply(image, wanted(name, amount))

        shown, shown_alpha = split(result)
        reference = REFERENCES[name](colors, alpha, amount).clip(0, 255)
        errors = abs(shown - reference)[alpha > 0]
        assert errors.max() <= most, mode
        assert errors.mean() <= mean, mode
        assert (shown_alpha == alpha).all()
        assert result.size == image.size
        assert ("A" in result.mode) == ("A" in mode)


@pytest.mark.parametrize("name", FILTERS)
def test_what_is_invisible_never_shows(name: str) -> None:
    green, white = (filters.apply(picture("RGBA", hidden=hidden), wanted(name, None)) for hidden in [(0, 255, 0), (255, 255, 255)])

    visible = partly_transparent() > 0
    assert (split(green)[0][visible] == split(white)[0][visible]).all()


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("sepia", 0),
        ("sharpen", 0),
        ("brightness", 0),
        ("contrast", 0),
        ("saturation", 0),
        ("hue", 0),
        ("hue", 360),
        ("hue", -360),
        ("gamma", 1),
        ("posterize", 8),
        ("tint", 0),
        ("vignette", 0),
    ],
)
def test_a_neutral_amount_changes_nothing(name: str, amount: float) -> None:
    for mode in MODES:
        image = picture(mode)
        colors, alpha = split(image)

        shown, shown_alpha = split(filters.apply(image, wanted(name, amount)))

        assert (shown[alpha > 0] == colors[alpha > 0]).all(), mode
        assert (shown_alpha == alpha).all(), mode


@pytest.mark.parametrize("name", FILTERS)
def test_an_amount_that_is_not_told_is_the_default(name: str) -> None:
    rule = FILTERS[name]
    default = rule.amount.default if rule.amount else None

    untold = filters.apply(picture(), Filter(name=name))

    assert untold == filters.apply(picture(), Filter(name=name, amount=default, color=rule.color))


@pytest.mark.parametrize("name", FILTERS)
def test_the_picture_that_was_given_is_not_touched(name: str) -> None:
    for mode in MODES:
        image = picture(mode)

        filters.apply(image, wanted(name, None))

        assert image == picture(mode)


@pytest.mark.parametrize("name", FILTERS)
def test_the_smallest_pictures_and_the_widest_amounts_are_fine(name: str) -> None:
    amount = FILTERS[name].amount
    for size in [(1, 1), (1, 9), (9, 2)]:
        for mode in MODES:
            for told in {amount.lowest, amount.highest} if amount else {None}:
                for alpha in (0, 200):
                    image = Image.new("LA", size, (90, alpha)).convert(mode)

                    assert filters.apply(image, wanted(name, told)).size == size


@pytest.mark.parametrize(
    ("name", "modes"),
    [
        ("grayscale", {"RGB": "L", "RGBA": "LA", "L": "L", "LA": "LA"}),
        ("sepia", {"RGB": "RGB", "RGBA": "RGBA", "L": "RGB", "LA": "RGBA"}),
        ("hue", {"RGB": "RGB", "RGBA": "RGBA", "L": "L", "LA": "LA"}),
        ("saturation", {"RGB": "RGB", "RGBA": "RGBA", "L": "L", "LA": "LA"}),
        ("equalize", {"RGB": "RGB", "RGBA": "RGBA", "L": "L", "LA": "LA"}),
    ],
)
def test_a_picture_has_colors_only_where_there_are_some(name: str, modes: dict[str, str]) -> None:
    assert {mode: filters.apply(picture(mode), wanted(name, None)).mode for mode in modes} == modes


@pytest.mark.parametrize(("name", "amount"), [("blur", 5), ("blur", 100), ("pixelate", 64), ("sharpen", 100)])
def test_a_speck_in_much_that_is_transparent_keeps_its_color(name: str, amount: float) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.putpixel((40, 21), (200, 100, 50, 255))

    speck = np.array(filters.apply(image, wanted(name, amount)).getpixel((40, 21)))

    assert abs(speck - (200, 100, 50, 255)).max() <= 3


def test_tinting_keeps_the_brightness_of_every_tone() -> None:
    image = Image.linear_gradient("L").resize((64, 64))

    tinted = filters.apply(image, Filter(name="tint", amount=100, color=TINT))

    assert abs(luma(split(tinted)[0]) - split(image)[0][..., 0]).max() <= 1


def test_a_tint_is_as_strong_as_its_color_is_opaque() -> None:
    half = filters.apply(picture(), Filter(name="tint", amount=100, color=(*TINT[:3], 51)))

    assert abs(split(half)[0] - split(filters.apply(picture(), Filter(name="tint", amount=20, color=TINT)))[0]).max() <= 1


@pytest.mark.parametrize("color", [(0, 0, 0, 255), (255, 255, 255, 255)])
def test_black_and_white_tints_are_gray(color: tuple[int, int, int, int]) -> None:
    gray = filters.apply(picture(), Filter(name="tint", amount=100, color=color))

    assert abs(split(gray)[0] - luma(colorful())[..., None]).max() <= 1
