from __future__ import annotations

import pytest

from aizen.imaging import Format, Picture
from aizen.imaging.variants import plan

WIDTHS = (160, 320, 640, 1280, 1920)


def picture(width: int, height: int, *, has_alpha: bool = False, frames: int = 1, image_format: Format = "jpeg") -> Picture:
    return Picture(format=image_format, width=width, height=height, frames=frames, has_alpha=has_alpha)


def names(of: Picture, *, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    return [rendition.name for rendition in plan(of, widths=widths)]


@pytest.mark.parametrize(
    ("size", "widths", "expected"),
    [
        ((6000, 4000), WIDTHS, "m2048 w1920 w1280 m1024 w640 m512 w320 w160"),
        ((4000, 6000), WIDTHS, "w1920 m2048 w1280 m1024 w640 m512 w320 w160"),
        ((1920, 1080), WIDTHS, "w1920 w1280 m1024 w640 m512 w320 w160"),
        ((1921, 1080), WIDTHS, "w1920 w1280 m1024 w640 m512 w320 w160"),
        ((1919, 1080), WIDTHS, "w1919 w1280 m1024 w640 m512 w320 w160"),
        ((640, 480), WIDTHS, "w640 m512 w320 w160"),
        ((512, 512), WIDTHS, "w512 m512 w320 w160"),
        ((300, 200), WIDTHS, "w300 m300 w160"),
        ((200, 900), WIDTHS, "w200 w160 m512"),
        ((1, 1), WIDTHS, "w1 m1"),
        ((3000, 10), (), "m2048 m1024 m512"),
        ((500, 500), (100, 100), "m500 w100"),
    ],
)
def test_every_width_below_the_source_and_its_own_if_within_the_largest(
    size: tuple[int, int], widths: tuple[int, ...], expected: str
) -> None:
    made = dict.fromkeys(name.split(".")[0] for name in names(picture(*size), widths=widths))

    assert list(made) == expected.split()


def test_each_variant_comes_as_webp_and_jpeg_and_each_mezzanine_once() -> None:
    assert names(picture(400, 300)) == ["w400.webp", "w400.jpeg", "m400.jpeg", "w320.webp", "w320.jpeg", "w160.webp", "w160.jpeg"]


def test_png_stands_in_place_of_jpeg_where_there_is_alpha() -> None:
    assert names(picture(400, 300, has_alpha=True, image_format="png")) == [
        "w400.webp",
        "w400.png",
        "m400.png",
        "w320.webp",
        "w320.png",
        "w160.webp",
        "w160.png",
    ]


@pytest.mark.parametrize(("has_alpha", "still"), [(False, "jpeg"), (True, "png")])
def test_an_animation_has_one_animated_variant_a_poster_and_no_mezzanine(has_alpha: bool, still: str) -> None:
    planned = plan(picture(2000, 1000, frames=3, has_alpha=has_alpha, image_format="gif"), widths=WIDTHS)

    assert [(rendition.name, rendition.width, rendition.height) for rendition in planned] == [
        ("animated.webp", 1280, 640),
        (f"poster.{still}", 1280, 640),
    ]
    assert {rendition.role for rendition in planned} == {"variant"}


def test_sides_keep_the_ratio_and_never_vanish() -> None:
    planned = {rendition.name: (rendition.width, rendition.height) for rendition in plan(picture(5000, 3), widths=WIDTHS)}

    assert planned["w1920.webp"] == (1920, 1)
    assert planned["w160.jpeg"] == (160, 1)
    assert planned["m512.jpeg"] == (512, 1)


def test_no_side_is_longer_than_a_webp_can_have() -> None:
    planned = plan(picture(100, 60_000), widths=WIDTHS)

    assert planned
    assert all(rendition.height <= 16383 for rendition in planned)


def test_a_rendition_knows_its_media_type_and_role() -> None:
    planned = {rendition.name: rendition for rendition in plan(picture(400, 300), widths=WIDTHS)}

    assert (planned["w320.webp"].media_type, planned["w320.webp"].role) == ("image/webp", "variant")
    assert (planned["m400.jpeg"].media_type, planned["m400.jpeg"].role) == ("image/jpeg", "mezzanine")


def test_the_order_of_the_configured_widths_does_not_matter() -> None:
    assert names(picture(6000, 4000), widths=WIDTHS[::-1]) == names(picture(6000, 4000))
