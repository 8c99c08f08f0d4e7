"""Each operation against the same computed another way: by slices of arrays, means of blocks, and the formulas of circles and of alpha."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aizen.imaging.canvas import Canvas
from aizen.imaging.editing import inside_border
from aizen.imaging.steps import Background, Border, Crop, Flip, Gravity, Mirror, Pad, Radius, Resize, Rgba, Rotate, Step, Trim

from .pictures import psnr, scene
from .rendering import edited, edited_and_told

GROUND = (10, 200, 30, 255)
Array = np.ndarray[Any, np.dtype[np.float64]]


def array(image: Image.Image) -> Array:
    return np.asarray(image, dtype=np.float64)


def smooth(width: int = 120, height: int = 90) -> Image.Image:
    """Slow waves of colour: what is averaged and what is interpolated agree on them."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    waves = [np.sin(x / 17) * np.cos(y / 23), np.cos(x / 29 + y / 19), np.sin(y / 13)]
    return Image.fromarray(np.stack([np.uint8(127 + 120 * wave) for wave in waves], axis=-1))


def averaged(image: Image.Image | Array, factor: int) -> Array:
    values = array(image) if isinstance(image, Image.Image) else image
    height, width = values.shape[0] // factor, values.shape[1] // factor
    blocks = values[: height * factor, : width * factor].reshape(height, factor, width, factor, -1)
    return np.asarray(blocks.mean(axis=(1, 3)))


def assert_alike(image: Image.Image, reference: Array, *, decibels: float = 38) -> None:
    values = array(image)
    assert values.shape == reference.shape
    error = float(np.mean((values - reference) ** 2))
    assert error == 0 or 10 * np.log10(255**2 / error) > decibels


def with_hole(mode: str = "RGBA") -> Image.Image:
    """A picture that is transparent in a quarter and half so in another."""
    image = scene(60, 40, mode)
    alpha = Image.new("L", image.size, 255)
    alpha.paste(0, (0, 0, 30, 20))
    alpha.paste(128, (30, 20, 60, 40))
    image.putalpha(alpha)
    return image


def over(image: Image.Image, ground: Rgba) -> Array:
    """``image`` laid on an opaque colour, by the formula of Porter and Duff."""
    values = array(image.convert("RGBA"))
    alpha = values[..., 3:] / 255
    return np.asarray(values[..., :3] * alpha + np.array(ground[:3]) * (1 - alpha))


def test_crop_keeps_the_slice(tmp_path: Path) -> None:
    source = scene(120, 90)

    assert_alike(edited(source, Crop(x=30, y=0.2, width=50, height=0.5), folder=tmp_path), array(source)[18:63, 30:80], decibels=99)
    assert_alike(edited(source, Crop(x=100), Crop(y=80), Crop(x=1, width=5), folder=tmp_path), array(source)[80:, 101:106], decibels=99)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("cut", [Crop(x=100, y=100, width=800, height=800), Trim()])
@pytest.mark.parametrize("turn", [(), (Rotate(angle=90), Mirror())])
def test_nothing_of_what_was_cut_off_shows_in_the_edges(cut: Step, turn: tuple[Step, ...], mode: str, tmp_path: Path) -> None:
    source = Image.new(mode, (1000, 1000), "black")
    source.paste("white", (100, 100, 900, 900))

    for size in (100, 99):
        made = edited(source, cut, *turn, Resize(width=size), folder=tmp_path)
        assert (made.size, made.convert("L").getextrema()) == ((size, size), (255, 255))


@pytest.mark.parametrize("side", [101, 333, 512])
def test_nothing_of_what_was_cut_off_shows_in_the_edges_of_a_smaller_copy(side: int) -> None:
    source = Image.new("RGB", (1000, 1000), "black")
    source.paste("white", (100, 100, 900, 900))
    # As a copy's own pixels are: partly of one, partly of the other.
    copy = source.resize((side, side), Image.Resampling.BOX)

    made = Canvas(image=copy, box=(0, 0, side, side), size=source.size).cropped((100, 100, 900, 900))

    for longest in (90, 800):
        assert made.pixels(size=(longest, longest)).getextrema() == ((255, 255),) * 3
    cut = Canvas(image=source, box=(0, 0, 1000, 1000), size=source.size).cropped((100, 100, 900, 900))
    assert cut.preview(90).getextrema() == ((255, 255),) * 3


def test_a_crop_is_resized_as_if_it_were_a_picture_by_itself(tmp_path: Path) -> None:
    source = with_hole().resize((1500, 1000))
    box = (3, 5, 1490, 991)

    made = Canvas(image=source, box=(0, 0, 1500, 1000), size=source.size).cropped(box).pixels(size=(77, 140))

    alone = source.crop(box).resize((77, 140), Image.Resampling.LANCZOS)
    assert_alike(made.convert("RGBa"), array(alone.convert("RGBa")), decibels=99)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_resize_averages_the_pixels(mode: str, tmp_path: Path) -> None:
    source = smooth(120, 80).convert(mode)

    made = edited(source, Resize(width=30), folder=tmp_path)

    assert made.mode == mode
    assert_alike(made, averaged(source, 4).reshape(array(made).shape))


def test_resize_lets_nothing_of_what_is_transparent_into_the_edges(tmp_path: Path) -> None:
    source = Image.new("RGBA", (60, 40), (255, 0, 0, 0))
    source.paste((0, 0, 255, 255), (31, 0, 60, 40))

    made = array(edited(source, Resize(width=20), folder=tmp_path))

    assert made[made[..., 3] > 8][:, 0].max() < 8


@pytest.mark.parametrize(
    ("gravity", "left"), [(None, 20), ("west", 0), ("north_east", 40), ((0.25, 0.5), 0), ((0.5, 0.5), 20), ((0.625, 0), 35)]
)
def test_cover_keeps_what_gravity_says(gravity: Gravity | None, left: int, tmp_path: Path) -> None:
    source = smooth(120, 80)

    made = edited(source, Resize(width=20, height=20, fit="cover", gravity=gravity), folder=tmp_path)

    assert_alike(made, averaged(array(source)[:, left : left + 80], 4))


def test_cover_without_enlarging_cuts_between_the_pixels(tmp_path: Path) -> None:
    source = scene(121, 80)

    made, told = edited_and_told(source, Resize(width=500, height=500, fit="cover"), folder=tmp_path)

    assert told.warnings == ("enlarge_refused",)
    assert_alike(made, array(source)[:, 20:100], decibels=99)


def test_stretch_takes_each_side_by_itself(tmp_path: Path) -> None:
    source = smooth(120, 90)

    made = edited(source, Resize(width=120, height=45, fit="stretch"), folder=tmp_path)

    rows = array(source).reshape(45, 2, 120, 3).mean(axis=1)
    assert_alike(made, rows)


def test_enlarging_interpolates(tmp_path: Path) -> None:
    source = smooth(60, 40)

    made, told = edited_and_told(source, Resize(width=240, enlarge=True), folder=tmp_path)

    assert told.warnings == ("larger_than_source",)
    assert_alike(Image.fromarray(np.uint8(averaged(made, 4).round())), array(source), decibels=36)


def test_pad_stands_the_picture_on_its_ground(tmp_path: Path) -> None:
    source = smooth(120, 80)
    made = edited(
        source,
        Resize(width=30),
        Resize(width=40, height=40, fit="pad", gravity="west", y=-7, background=GROUND),
        folder=tmp_path,
    )

    reference = np.full((40, 40, 3), (10, 200, 30), dtype=np.float64)
    reference[3:23, 0:30] = averaged(source, 4)
    assert_alike(made, reference)


def test_pad_is_transparent_where_no_ground_is_told(tmp_path: Path) -> None:
    for source in (scene(60, 40), scene(60, 40, "L")):
        made = edited(source, Resize(width=60, height=60, fit="pad"), folder=tmp_path)

        alpha = array(made.getchannel("A"))
        assert alpha[10:50].min() == 255
        assert alpha[:10].max() == alpha[50:].max() == 0
        assert psnr(made.crop((0, 10, 60, 50)), source) == 99


def test_pad_puts_so_many_pixels_on_each_side(tmp_path: Path) -> None:
    source = with_hole()
    reference = np.full((46, 66, 3), (250, 128, 0), dtype=np.float64)
    reference[1:41, 4:64] = over(source, (250, 128, 0, 255))

    made = edited(source, Pad(top=1, right=2, bottom=5, left=4, background=(250, 128, 0, 255)), folder=tmp_path)

    assert_alike(made, reference, decibels=48)


@pytest.mark.parametrize("step", [Resize(width=60, height=40, fit="pad", background=GROUND), Pad(background=GROUND)])
def test_a_ground_shows_through_even_where_it_reaches_no_further_than_the_picture(step: Resize | Pad, tmp_path: Path) -> None:
    assert_alike(edited(with_hole(), step, folder=tmp_path), over(with_hole(), GROUND), decibels=48)


def test_a_ground_of_blur_is_the_picture_itself_without_detail(tmp_path: Path) -> None:
    source = Image.new("RGB", (60, 60), "red")
    source.paste((0, 0, 255), (30, 0, 60, 60))

    made = edited(source, Pad(top=40, bottom=40, background="blur"), folder=tmp_path)

    values = array(made)
    assert_alike(made.crop((0, 40, 60, 100)), array(source), decibels=99)
    # What covers 60 × 140 is the middle of the picture, as high as it is.
    assert values[:40, :10, 0].mean() > 200
    assert values[:40, 50:, 2].mean() > 200
    assert np.abs(np.diff(values[:40], axis=1)).max() < 30


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_right_angles_flip_and_mirror_move_every_pixel_exactly(mode: str, tmp_path: Path) -> None:
    source = with_hole() if mode == "RGBA" else scene(60, 40, mode)
    values = array(source)

    for turns in (1, 2, 3):
        assert_alike(edited(source, Rotate(angle=90.0 * turns), folder=tmp_path), np.rot90(values, -turns), decibels=99)
    assert_alike(edited(source, Flip(), folder=tmp_path), values[::-1], decibels=99)
    assert_alike(edited(source, Mirror(), folder=tmp_path), values[:, ::-1], decibels=99)


def test_crops_and_turns_in_a_row_are_what_each_makes_of_the_one_before(tmp_path: Path) -> None:
    source = smooth(120, 90)
    steps = (Crop(x=20, y=10, width=80, height=70), Rotate(angle=90), Crop(x=10, y=40, height=40), Mirror(), Rotate(angle=270), Flip())
    values = np.rot90(array(source)[10:80, 20:100], -1)[40:80, 10:][:, ::-1]
    values = np.rot90(values)[::-1]

    assert_alike(edited(source, *steps, folder=tmp_path), values, decibels=99)
    assert_alike(edited(source, *steps, Resize(width=20), folder=tmp_path), averaged(values, 2))


@pytest.mark.parametrize("angle", [1, 30, 45, 123.4, 200, 359])
def test_rotate_turns_clockwise_about_the_middle(angle: float, tmp_path: Path) -> None:
    source = smooth(80, 50)

    made = edited(source, Rotate(angle=angle), folder=tmp_path)

    values, inside = turned(array(source), angle, made.size)
    assert psnr_of(array(made)[inside][:, :3], values[inside]) > 38
    alpha = array(made.getchannel("A"))
    assert alpha[inside].min() >= 254
    area = alpha.sum() / 255
    assert area == pytest.approx(80 * 50, rel=0.01)


def turned(values: Array, angle: float, size: tuple[int, int]) -> tuple[Array, Any]:
    """``values`` turned clockwise, interpolated linearly, and where the picture is by a pixel and more inside its edges."""
    height, width = values.shape[:2]
    x, y = np.meshgrid(np.arange(size[0]) + 0.5 - size[0] / 2, np.arange(size[1]) + 0.5 - size[1] / 2)
    radians = np.radians(angle)
    across = x * np.cos(radians) + y * np.sin(radians) + width / 2 - 0.5
    down = -x * np.sin(radians) + y * np.cos(radians) + height / 2 - 0.5
    inside = (across >= 1) & (across <= width - 2) & (down >= 1) & (down <= height - 2)
    left, top = np.clip(np.floor(across).astype(int), 0, width - 2), np.clip(np.floor(down).astype(int), 0, height - 2)
    right, bottom = (across - left)[..., None], (down - top)[..., None]
    upper = values[top, left] * (1 - right) + values[top, left + 1] * right
    lower = values[top + 1, left] * (1 - right) + values[top + 1, left + 1] * right
    return upper * (1 - bottom) + lower * bottom, inside


def psnr_of(one: Array, other: Array) -> float:
    return float(10 * np.log10(255**2 / np.mean((one - other) ** 2)))


def test_rotate_lays_its_corners_on_the_background(tmp_path: Path) -> None:
    made = edited(Image.new("RGB", (50, 50), "white"), Rotate(angle=45, background=(0, 90, 0, 255)), folder=tmp_path)

    assert made.mode == "RGB"
    assert made.getpixel((1, 1)) == made.getpixel((69, 69)) == (0, 90, 0)
    assert made.getpixel((35, 35)) == (255, 255, 255)
    # Between the two there is no other colour, such as the black of what is transparent.
    assert array(made)[..., 1].min() >= 89


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_background_shows_through_what_is_transparent(mode: str, tmp_path: Path) -> None:
    source = with_hole(mode)

    made = edited(source, Background(color=(200, 100, 50, 255)), folder=tmp_path)

    assert made.mode == "RGB"
    assert_alike(made, over(source, (200, 100, 50, 255)), decibels=48)


def test_a_background_that_is_half_transparent_leaves_it_so(tmp_path: Path) -> None:
    made = edited(with_hole(), Background(color=(200, 100, 50, 100)), folder=tmp_path)

    assert made.getpixel((2, 2)) == (200, 100, 50, 100)
    alpha = made.getpixel((50, 30))
    assert isinstance(alpha, tuple)
    assert alpha[3] == pytest.approx(255 * (1 - (1 - 128 / 255) * (1 - 100 / 255)), abs=1)


@pytest.mark.parametrize(
    ("size", "radius"), [((60, 40), 12), ((61, 41), 20), ((50, 50), "max"), ((51, 51), "max"), ((90, 30), "max"), ((9, 5), 1)]
)
def test_round_corners_cover_each_pixel_as_far_as_the_circle_does(size: tuple[int, int], radius: Any, tmp_path: Path) -> None:
    made = edited(Image.new("RGB", size, "red"), Radius(radius=radius), folder=tmp_path)

    alpha = array(made.getchannel("A")) / 255
    expected = rounded_coverage(size, min(size) / 2 if radius == "max" else radius)
    assert np.abs(alpha - expected).max() < 0.25
    assert alpha.sum() == pytest.approx(expected.sum(), rel=0.005)
    assert (alpha == alpha[::-1]).all()
    assert (alpha == alpha[:, ::-1]).all()


def rounded_coverage(size: tuple[int, int], radius: float) -> Array:
    """How far each pixel is inside a rectangle with round corners, by 16 × 16 points in it."""
    points = [(np.arange(side * 16) + 0.5) / 16 for side in size]
    x, y = (np.maximum(np.maximum(radius - at, at - (side - radius)), 0) for at, side in zip(points, size, strict=True))
    inside = (x[None, :] ** 2 + y[:, None] ** 2 <= radius**2).astype(np.float64)
    return np.asarray(averaged(inside[..., None], 16)[..., 0])


def test_round_corners_keep_what_was_transparent(tmp_path: Path) -> None:
    made = edited(with_hole(), Radius(radius=10), folder=tmp_path)

    assert [made.getchannel("A").getpixel(at) for at in ((10, 10), (40, 10), (40, 30), (59, 0))] == [0, 255, 128, 0]


def test_a_border_stands_around_the_picture(tmp_path: Path) -> None:
    source = scene(60, 40)
    reference = np.full((46, 66, 3), (1, 2, 3), dtype=np.float64)
    reference[3:43, 3:63] = array(source)

    assert_alike(edited(source, Border(width=3, color=(1, 2, 3, 255)), folder=tmp_path), reference, decibels=99)


def test_a_border_fills_nothing_of_the_picture(tmp_path: Path) -> None:
    source = with_hole()

    made = edited(source, Border(width=3, color=(1, 2, 3, 255)), folder=tmp_path)

    assert made.getpixel((0, 20)) == (1, 2, 3, 255)
    assert_alike(made.crop((3, 3, 63, 43)), array(source), decibels=99)


def test_a_border_follows_round_corners(tmp_path: Path) -> None:
    made = edited(Image.new("RGB", (50, 50), "white"), Radius(radius="max"), Border(width=6, color=(200, 0, 0, 255)), folder=tmp_path)

    assert np.abs(array(made.getchannel("A")) / 255 - rounded_coverage((62, 62), 31)).max() < 0.3
    x, y = np.meshgrid(np.arange(62) - 30.5, np.arange(62) - 30.5)
    distance = np.hypot(x, y)
    ring, inner = array(made)[(distance > 26) & (distance < 30)], array(made)[distance < 24]
    assert (ring == (200, 0, 0, 255)).all()
    assert (inner == 255).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_trim_takes_the_border_that_is_like_the_corner(mode: str, tmp_path: Path) -> None:
    source = Image.new("RGB", (90, 60), (200, 200, 200))
    ImageDraw.Draw(source).rectangle((0, 0, 4, 59), fill=(206, 206, 206))
    source.paste(scene(40, 30), (23, 17))

    made = edited(source.convert(mode), Trim(tolerance=10), folder=tmp_path)

    assert_alike(made.convert(mode), array(scene(40, 30, mode)), decibels=99)
    assert edited(source.convert(mode), Trim(tolerance=5), folder=tmp_path).size == (85, 60)


def test_trim_takes_what_is_transparent_whatever_colour_it_hides(tmp_path: Path) -> None:
    source = scene(60, 40, "RGBA")
    alpha = Image.new("L", source.size)
    alpha.paste(255, (11, 7, 50, 31))
    source.putalpha(alpha)

    assert edited(source, Trim(), folder=tmp_path).size == (39, 24)


def test_trim_looks_through_a_picture_strip_by_strip() -> None:
    source = Image.new("L", (1000, 2500), 9)
    source.paste(99, (300, 1200, 310, 1210))

    assert inside_border(source, Trim()) == (300, 1200, 310, 1210)
    source.putpixel((5, 2400), 99)
    assert inside_border(source, Trim()) == (5, 1200, 310, 2401)


def test_a_picture_of_one_colour_stays_whole_and_says_so(tmp_path: Path) -> None:
    made, told = edited_and_told(Image.new("RGB", (30, 20), "red"), Trim(), folder=tmp_path)

    assert made.size == (30, 20)
    assert told.warnings == ("trim_found_nothing",)


def test_a_picture_without_a_border_is_told_of(tmp_path: Path) -> None:
    made, told = edited_and_told(scene(30, 20), Trim(), folder=tmp_path)

    assert made.size == (30, 20)
    assert told.warnings == ("trim_found_nothing",)
