"""Watermarks: pictures against alpha compositing written out in floats, texts by where their ink is and how strong it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, features

from aizen.errors import Unavailable
from aizen.imaging import watermarks
from aizen.imaging.steps import COMPASS, Compass, StepRefused, Watermark

WIDTH, HEIGHT = 80, 60
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def base(mode: str = "RGB", size: tuple[int, int] = (WIDTH, HEIGHT)) -> Image.Image:
    """A gradient; with alpha, it fades from the left, where it is not there at all."""
    image = Image.merge("RGB", [Image.linear_gradient("L").rotate(90 * turn).resize(size) for turn in range(3)])
    if mode in ("L", "LA"):
        image = image.getchannel("R")
    if mode.endswith("A"):
        image.putalpha(Image.linear_gradient("L").rotate(90).resize(size).point(lambda value: max(0, value - 40)))
    return image.convert(mode)


def mark(mode: str = "RGBA") -> Image.Image:
    """A picture of 20 × 12 that is opaque, half there, and not there in its three parts."""
    image = Image.new("RGBA", (20, 12), (220, 40, 90, 255))
    ImageDraw.Draw(image).rectangle((6, 0, 12, 11), fill=(20, 200, 60, 128))
    ImageDraw.Draw(image).rectangle((13, 6, 19, 11), fill=(0, 0, 255, 0))
    return image.convert(mode)


def values(image: Image.Image) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(image.convert("RGBA"), dtype=np.float64)


def laid_over(under: Image.Image, over: Image.Image, left: int, top: int, *, opacity: float = 1) -> np.ndarray[Any, np.dtype[np.float64]]:
    """``over`` composited over ``under`` by the definition (Porter and Duff 1984, over), as RGBA."""
    result = values(under)
    box = np.s_[top : top + over.height, left : left + over.width]
    below, above = result[box], values(over)
    upper, lower = above[..., 3:] / 255 * opacity, below[..., 3:] / 255
    alpha = upper + lower * (1 - upper)
    colors = (above[..., :3] * upper + below[..., :3] * lower * (1 - upper)) / np.maximum(alpha, 1e-9)
    result[box] = np.where(alpha > 0, np.concatenate([colors, alpha * 255], axis=-1), below)
    return result


def difference(image: Image.Image, reference: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The most by which they differ, each colour counting as much as it is visible."""
    shown = values(image)
    colors = abs(shown - reference)[..., :3] * reference[..., 3:] / 255
    return float(max(colors.max(), abs(shown - reference)[..., 3].max()))


def ink(image: Image.Image, under: Image.Image) -> np.ndarray[Any, np.dtype[np.float64]]:
    """By how much the two differ, pixel by pixel."""
    return np.asarray(abs(values(image) - values(under)).max(axis=-1))


def extent(inked: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what differs visibly."""
    rows, columns = (np.flatnonzero((inked > 12).any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def written(text: str = "Aizen", under: Image.Image | None = None, *, font: str | None = None, **wanted: Any) -> Image.Image:
    return watermarks.draw(under or black(), Watermark(text=text, **wanted), picture=None, font=font)


def black(size: tuple[int, int] = (200, 120)) -> Image.Image:
    return Image.new("RGB", size)


@pytest.mark.parametrize("gravity", COMPASS)
def test_a_picture_stands_where_gravity_and_offsets_say(gravity: Compass) -> None:
    under, wanted = base("RGBA"), Watermark(image="it", gravity=gravity, x=7, y=4, opacity=0.6)

    result = watermarks.draw(under, wanted, picture=mark(), font=None)

    left = {"west": 7, "east": WIDTH - 20 - 7}.get(gravity.rpartition("_")[2], (WIDTH - 20) // 2 + 7)
    top = {"north": 4, "south": HEIGHT - 12 - 4}.get(gravity.partition("_")[0], (HEIGHT - 12) // 2 + 4)
    assert (result.mode, result.size) == ("RGBA", under.size)
    assert difference(result, laid_over(under, mark(), left, top, opacity=0.6)) <= 1.6


@pytest.mark.parametrize("over", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_every_mode_lies_rightly_on_every_other(mode: str, over: str) -> None:
    under, picture = base(mode), mark(over)

    for opacity in (0, 0.25, 1):
        result = watermarks.draw(under, Watermark(image="it", opacity=opacity), picture=picture, font=None)

        reference = laid_over(under, picture, WIDTH - 20, HEIGHT - 12, opacity=opacity)
        assert difference(result, reference) <= 1.6
        gray = mode in ("L", "LA") and (over in ("L", "LA") or opacity == 0)
        assert result.mode == (mode if gray else mode.replace("L", "RGB"))
        assert under == base(mode)


def test_what_is_transparent_under_a_mark_shows_the_marks_own_color() -> None:
    under = Image.new("RGBA", (WIDTH, HEIGHT), (0, 255, 0, 0))

    result = watermarks.draw(under, Watermark(image="it", opacity=0.5), picture=mark("RGB"), font=None)

    assert result.getpixel((WIDTH - 19, HEIGHT - 2)) == (220, 40, 90, 128)
    assert result.getpixel((3, 3)) == (0, 255, 0, 0)


@pytest.mark.parametrize(("scale", "size"), [(0.5, (40, 24)), (0.1, (8, 5)), (1, (80, 48))])
def test_a_picture_is_as_wide_as_its_scale_says(scale: float, size: tuple[int, int]) -> None:
    plain = Image.new("RGB", (20, 12), "white")

    result = watermarks.draw(black((WIDTH, HEIGHT)), Watermark(image="it", scale=scale, gravity="north_west"), picture=plain, font=None)

    assert extent(ink(result, black((WIDTH, HEIGHT)))) == (0, 0, *size)


@pytest.mark.parametrize(
    ("shape", "rotate", "box"),
    [
        ((300, 300), 0, (10, 0, 70, 60)),
        ((100, 1000), 0, (37, 0, 43, 60)),
        # Eighty pixels would be wide enough, but not high enough.
        ((600, 100), 90, (35, 0, 45, 60)),
        ((300, 300), 45, (10, 0, 70, 60)),
        ((400, 10), 45, (9, 0, 71, 60)),
    ],
)
def test_a_mark_that_is_larger_than_the_picture_is_made_to_fit(
    shape: tuple[int, int], rotate: float, box: tuple[int, int, int, int]
) -> None:
    wanted = Watermark(image="it", scale=1, rotate=rotate, gravity="center")

    result = watermarks.draw(black((WIDTH, HEIGHT)), wanted, picture=Image.new("RGB", shape, "white"), font=None)

    assert extent(ink(result, black((WIDTH, HEIGHT)))) == pytest.approx(box, abs=2 if rotate == 45 else 0)


@pytest.mark.parametrize("rotate", [0, 90, 45, 200.5])
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 2)])
def test_the_smallest_pictures_take_a_mark(size: tuple[int, int], rotate: float) -> None:
    for shape in [(1, 1), (900, 2), (2, 900)]:
        for scale, tile in [(0.01, False), (1, False), (0.01, True)]:
            wanted = Watermark(image="it", scale=scale, rotate=rotate, tile=tile)

            result = watermarks.draw(black(size), wanted, picture=Image.new("L", shape, 255), font=None)

            assert result.size == size
            assert result.getbbox()
    assert written(under=black(size), rotate=rotate).size == size


def test_a_mark_never_leaves_the_picture_however_far_off_the_edge_it_should_be() -> None:
    for x, y, corner in [(9999, 9999, (0, 0)), (-9999, -9999, (WIDTH - 20, HEIGHT - 12))]:
        result = watermarks.draw(base(), Watermark(image="it", x=x, y=y), picture=mark(), font=None)

        assert difference(result, laid_over(base(), mark(), *corner)) <= 1.6


def test_a_mark_is_turned_clockwise() -> None:
    picture = Image.new("RGB", (20, 12), "white")
    ImageDraw.Draw(picture).rectangle((0, 0, 9, 11), fill="red")

    result = watermarks.draw(black((WIDTH, HEIGHT)), Watermark(image="it", rotate=90, gravity="north_west"), picture=picture, font=None)

    assert extent(ink(result, black((WIDTH, HEIGHT)))) == (0, 0, 12, 20)
    assert result.getpixel((5, 4)) == (255, 0, 0)
    assert result.getpixel((5, 15)) == (255, 255, 255)


def test_turning_leaves_no_dark_rim() -> None:
    white = Image.new("RGB", (WIDTH, HEIGHT), "white")

    result = watermarks.draw(white, Watermark(image="it", rotate=30), picture=Image.new("RGB", (20, 12), "white"), font=None)

    assert ink(result, white).max() <= 1


@pytest.mark.parametrize("text", ["© Aizen", "A", "%s %d {} $x", "a much longer line, which is as wide all the same", "  fi  "])
@pytest.mark.parametrize("scale", [0.3, 0.9])
def test_a_text_is_as_wide_as_its_scale_says_and_stands_in_its_corner(text: str, scale: float) -> None:
    result = written(text, black((300, 900)), scale=scale, x=5, y=9, gravity="south_east")

    left, top, right, bottom = extent(ink(result, black((300, 900))))
    assert right - left == pytest.approx(scale * 300, rel=0.02, abs=1)
    assert right == pytest.approx(300 - 5, abs=1)
    assert bottom == pytest.approx(900 - 9, abs=1)
    assert bottom - top > 3


def test_a_text_is_at_most_as_high_as_the_picture() -> None:
    left, top, right, bottom = extent(ink(written("I", black((200, 40)), scale=1, gravity="center"), black((200, 40))))

    assert (top, bottom) == (0, 40)
    assert right - left < 20
    assert (left + right) / 2 == pytest.approx(100, abs=1)


def test_a_text_can_be_read() -> None:
    """Its ink is where an H has it: two stems as high as the letter, and a bar between them."""
    inked = ink(written("H", black((100, 100)), scale=0.6, gravity="north_west"), black((100, 100)))
    letter = inked[: extent(inked)[3], : extent(inked)[2]] > 128
    height, width = letter.shape

    assert letter[:, 2].all()
    assert letter[:, -3].all()
    assert letter[height // 2 - 2 : height // 2 + 2, width // 2].any()
    assert not letter[: height // 3, width // 2].any()
    assert not letter[-height // 3 :, width // 2].any()


def test_a_text_has_its_color_and_its_opacity() -> None:
    full, half, faint = (
        written(scale=0.9, color=color, opacity=opacity)
        for color, opacity in [((255, 128, 0, 255), 1), ((255, 128, 0, 255), 0.5), ((255, 128, 0, 128), 0.5)]
    )

    strongest = [tuple(values(image)[..., channel].max() for channel in range(3)) for image in (full, half, faint)]
    assert strongest == [(255, 128, 0), pytest.approx((128, 64, 0), abs=1), pytest.approx((64, 32, 0), abs=1)]
    assert abs(ink(half, black()) - ink(full, black()) / 2).max() <= 1


def test_gray_stays_gray_under_a_gray_text_alone() -> None:
    assert written(under=base("L")).mode == "L"
    assert written(under=base("LA")).mode == "LA"
    assert written(under=base("L"), color=(255, 0, 0, 255)).mode == "RGB"
    assert written(under=base("LA"), color=(255, 0, 0, 255)).mode == "RGBA"


def test_turning_a_text_by_a_right_angle_swaps_its_extents() -> None:
    straight, turned = (extent(ink(written(rotate=rotate, gravity="north_west"), black())) for rotate in (0, 90))

    assert (turned[2], turned[3]) == pytest.approx((straight[3], straight[2]), abs=1)


def test_a_text_turned_askew_is_wide_and_high() -> None:
    _, _, width, height = extent(ink(written("Aizen Aizen", rotate=45, gravity="north_west"), black()))

    assert width == pytest.approx(height, rel=0.1)
    assert width == pytest.approx(50 / 2**0.5 + 8 / 2**0.5, rel=0.15)


@pytest.mark.parametrize("rotate", [0, 30])
@pytest.mark.parametrize("scale", [0.01, 0.1, 0.25])
def test_tiles_are_everywhere(scale: float, rotate: float) -> None:
    under = Image.new("RGB", (240, 160))

    inked = ink(written("Aizen", under, scale=scale, rotate=rotate, tile=True), under) > 20

    counted = [inked[top : top + 80, left : left + 120].mean() for top in (0, 80) for left in (0, 120)]
    assert min(counted) > 0.01
    assert max(counted) < 3 * min(counted)


def test_tiles_go_on_in_all_directions_from_where_a_single_mark_would_stand() -> None:
    under = base("RGBA")

    result = watermarks.draw(under, Watermark(image="it", tile=True, x=3, y=5, opacity=0.5), picture=mark(), font=None)

    # Half the mean of 20 and 12 is left between one and the next, and those at the edges are cut.
    reference = Image.new("RGBA", under.size, (0, 0, 0, 0))
    for left in range(WIDTH - 23 - 5 * 28, WIDTH, 28):
        for top in range(HEIGHT - 17 - 5 * 20, HEIGHT, 20):
            reference.paste(mark(), (left, top))
    assert difference(result, laid_over(under, reference, 0, 0, opacity=0.5)) <= 1.6


def test_tiles_of_one_pixel_are_laid_quickly_on_the_largest_picture() -> None:
    under = Image.new("L", (4096, 2048))

    result = watermarks.draw(under, Watermark(image="it", scale=0.0001, tile=True), picture=Image.new("L", (9, 9), 255), font=None)

    assert result.histogram()[255] == 2048 * 1024


@pytest.mark.parametrize("text", [".", "'", "_", "|", " " * 199 + ".", "x" * 200])
def test_no_text_is_drawn_larger_than_it_must_be(text: str) -> None:
    """Each would take gigabytes if what surrounds its ink were drawn at the size that its ink has in the end."""
    assert written(text, black((1500, 300)), scale=1).getbbox() is not None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("© 中文", "U+4E2D, U+6587"),
        ("hi 😀", "U+1F600"),
        ("שלום", "U+05E9, U+05DC, U+05D5, U+05DD"),
        ("日月火水木金土日", "U+65E5, U+6708, U+706B, U+6C34, U+6728 and others"),
    ],
)
def test_a_text_that_the_font_has_no_signs_for_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(StepRefused) as caught:
        written(text)

    assert (caught.value.code, caught.value.parameter) == ("text_not_drawable", "text")
    assert f"no sign for {named}." in caught.value.detail
    assert "WATERMARK_FONT" in caught.value.detail


@pytest.mark.parametrize("text", ["© André Müller, 5 €", "Ștefan Łukasz Ởng", "Ελλάδα", "Київ щука"])
def test_the_built_in_font_knows_the_alphabets_of_europe(text: str) -> None:
    assert np.asarray(written(text)).max() > 200


def test_a_text_without_ink_is_refused() -> None:
    with pytest.raises(StepRefused, match="Nothing") as caught:
        written(" \u00a0 ")

    assert caught.value.code == "text_not_drawable"


def test_every_kind_of_space_and_a_sign_that_asks_for_no_emoji_are_drawn() -> None:
    assert written("© Aizen", scale=0.5) == written("©\ufe0f\u00a0Aizen", scale=0.5)


def other_font() -> str:
    if not DEJAVU.exists():
        pytest.skip("DejaVu Sans is not installed: texts beyond the built-in font's signs are not checked")
    return str(DEJAVU)


def test_another_font_has_other_signs() -> None:
    font = other_font()

    greek = ink(written("Ωμέγα", font=font, scale=0.5, gravity="west"), black())

    assert extent(greek)[2] == pytest.approx(100, abs=1)
    with pytest.raises(StepRefused):
        written("中", font=font)


@pytest.mark.skipif(not (features.check("raqm") and features.check("fribidi")), reason="Pillow cannot lay text out here")
def test_right_to_left_text_is_laid_out_from_the_right() -> None:
    """The first letter, a lamed, rises above the others: it must stand at the right."""
    inked = ink(written("להה", font=other_font(), scale=0.6, gravity="north_west"), black())
    left, top, right, bottom = extent(inked)

    rising = np.flatnonzero((inked[: (bottom - top) // 8, left:right] > 100).any(axis=0))
    assert rising.min() > (right - left) / 2


@pytest.mark.parametrize(("text", "named"), [("שלום", "U+05E9, U+05DC, U+05D5, U+05DD"), ("x̣", "U+0323")])
def test_text_that_needs_laying_out_is_refused_where_nothing_can(text: str, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda feature: feature != "fribidi")

    with pytest.raises(StepRefused, match="laid out") as caught:
        written(text, font=other_font())

    assert (caught.value.code, caught.value.parameter) == ("text_not_drawable", "text")
    assert named in caught.value.detail


@pytest.mark.parametrize("content", [None, b"", b"this is no font"])
def test_a_font_that_cannot_be_read_is_said_so(content: bytes | None, tmp_path: Path) -> None:
    font = tmp_path / "font.ttf"
    if content is not None:
        font.write_bytes(content)

    with pytest.raises(Unavailable) as caught:
        written(font=str(font))

    assert caught.value.code == "font_unreadable"
    assert str(tmp_path) not in caught.value.detail
