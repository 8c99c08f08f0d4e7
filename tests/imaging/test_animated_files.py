"""Animations as files: every frame, its time and its transparency, and how often they play."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from aizen.imaging import OutputFormat
from aizen.imaging.steps import OutputRefused

from .pictures import animation, psnr
from .written import Film, animated, made, noisy, on_gray, shown, with_hole


@pytest.mark.parametrize("file_format", ["webp", "gif"])
def test_max_bytes_of_a_long_animation_is_looked_for_on_a_few_of_its_frames(file_format: OutputFormat, tmp_path: Path) -> None:
    grained = noisy((230, 200))
    pictures = [grained.crop((index, index // 2, index + 200, index // 2 + 180)) for index in range(30)]
    asked, _ = animated(Film(pictures, [50.0] * 30), tmp_path, file_format)
    film = Film(pictures, [40.0 + index for index in range(30)])

    data, answer = animated(film, tmp_path, file_format, max_bytes=len(asked) // 2)

    assert answer.warnings == ("quality_lowered",)
    assert 0.6 * len(asked) // 2 < len(data) <= len(asked) // 2
    # The two runs of six frames, and the whole at most twice.
    assert film.made <= 1 + 12 + 2 * (30 + 1)
    total = sum(duration for _, duration in shown(data))
    assert total == pytest.approx(sum(film.told), abs=10)


@pytest.mark.parametrize("file_format", ["webp", "gif"])
def test_an_animation_keeps_its_frames_and_durations(file_format: OutputFormat, tmp_path: Path) -> None:
    pictures, durations = animation(5), [100.0, 250.0, 60.0, 40.0, 500.0]

    data, answer = animated(Film(pictures, durations), tmp_path, file_format)

    assert answer.warnings == ()
    found = shown(data)
    assert [duration for _, duration in found] == durations
    for (frame, _), picture in zip(found, pictures, strict=True):
        assert frame.getchannel("A").getextrema() == (255, 255)
        assert psnr(frame, picture) > 24


@pytest.mark.parametrize("plays", [0, 1, 2, 7])
def test_an_animation_plays_as_often_as_it_is_told(plays: int, tmp_path: Path) -> None:
    webp, _ = animated(Film(animation(3), [80.0] * 3, loop=plays), tmp_path, "webp")
    gif, _ = animated(Film(animation(3), [80.0] * 3, loop=plays), tmp_path, "gif")

    assert Image.open(BytesIO(webp)).info["loop"] == plays
    # A GIF that says nothing plays once, and one that says n is repeated n times.
    assert Image.open(BytesIO(gif)).info.get("loop") == {0: 0, 1: None}.get(plays, plays - 1)


@pytest.mark.parametrize("file_format", ["webp", "gif"])
def test_no_frame_shines_through_the_next(file_format: OutputFormat, tmp_path: Path) -> None:
    pictures = []
    for index in range(6):
        picture = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
        draw = ImageDraw.Draw(picture)
        if index != 3:
            draw.rectangle((index * 9, 5, index * 9 + 12, 30), fill=(200, 40 * index, 0, 255))
        draw.rectangle((0, 40, 63, 47), fill=(0, 0, 200, 255))
        pictures.append(picture)

    data, answer = animated(Film(pictures, [50.0] * 6), tmp_path, file_format)

    assert answer.warnings == ()
    for (frame, _), picture in zip(shown(data), pictures, strict=True):
        assert ImageChops.difference(frame.getchannel("A"), picture.getchannel("A")).getbbox() is None
        assert psnr(on_gray(frame), on_gray(picture)) > 24


def test_a_frame_that_is_opaque_where_it_is_painted_stays_transparent_around(tmp_path: Path) -> None:
    first, second = (Image.new("RGBA", (60, 40), (0, 0, 0, 0)) for _ in range(2))
    first.paste((200, 0, 0, 255), (10, 10, 30, 30))
    second.paste((0, 0, 200, 255), (30, 10, 50, 30))

    for file_format in ("webp", "gif"):
        for frame, _ in shown(animated(Film([first, second], [80.0] * 2), tmp_path, file_format)[0]):
            assert frame.getpixel((2, 2)) == (0, 0, 0, 0)
            assert frame.getchannel("A").getextrema() == (0, 255)


def test_a_gif_paints_only_what_has_changed_and_keeps_equal_frames(tmp_path: Path) -> None:
    background = noisy((160, 120))
    pictures = []
    for index in range(4):
        picture = background.copy()
        ImageDraw.Draw(picture).rectangle((index // 2 * 20, 8, index // 2 * 20 + 10, 20), fill="white")
        pictures.append(picture)

    data, _ = animated(Film(pictures, [100.0] * 4), tmp_path, "gif")

    one, _ = made(background, tmp_path, "gif")
    assert len(data) < 1.2 * len(one)
    found = shown(data)
    assert [duration for _, duration in found] == [100, 100, 100, 100]
    assert all(psnr(frame, picture) > 30 for (frame, _), picture in zip(found, pictures, strict=True))


def test_a_gifs_rounded_times_add_up_to_the_whole(tmp_path: Path) -> None:
    data, _ = animated(Film(animation(5) * 6, [33.0] * 30), tmp_path, "gif")

    durations = [duration for _, duration in shown(data)]

    assert set(durations) == {30, 40}
    assert sum(durations) == pytest.approx(30 * 33, abs=5)


def test_a_gifs_short_times_are_kept_when_they_are_whole_and_else_not_taken_for_a_mistake(tmp_path: Path) -> None:
    data, _ = animated(Film(animation(4), [10.0, 16.0, 16.0, 10.0]), tmp_path, "gif")

    assert [duration for _, duration in shown(data)] == [10, 20, 20, 10]


def test_soft_alpha_of_an_animated_gif_is_cut_and_said_once(tmp_path: Path) -> None:
    film = Film([with_hole(soft=True)] * 3, [50.0] * 3)
    asked, untouched = animated(film, tmp_path, "gif")

    data, answer = animated(film, tmp_path, "gif", max_bytes=len(asked) - 500)

    assert untouched.warnings == ("alpha_flattened",)
    assert answer.warnings == ("alpha_flattened", "quality_lowered")
    assert len(data) <= len(asked) - 500


@pytest.mark.parametrize("file_format", ["webp", "gif"])
def test_max_bytes_of_an_animation_is_searched_with_four_encodings(file_format: OutputFormat, tmp_path: Path) -> None:
    pictures = [noisy((64, 48)).rotate(30 * turn) for turn in range(4)]
    asked, _ = animated(Film(pictures, [50.0] * 4), tmp_path, file_format)
    film = Film(pictures, [50.0] * 4)

    data, answer = animated(film, tmp_path, file_format, max_bytes=len(asked) * 2 // 3)

    assert answer.warnings == ("quality_lowered",)
    assert len(data) <= len(asked) * 2 // 3
    assert [duration for _, duration in shown(data)] == [50] * 4
    assert film.made <= 4 * (4 + 1) + 1
    with pytest.raises(OutputRefused, match="bytes") as caught:
        animated(film, tmp_path, file_format, max_bytes=50)
    assert caught.value.code == "max_bytes_unreachable"


def test_auto_of_an_animation_comes_from_its_first_frame(tmp_path: Path) -> None:
    pictures = [noisy((64, 48)), noisy((64, 48)).rotate(180)]

    data, _ = animated(Film(pictures, [50.0] * 2), tmp_path, "webp", quality="auto")

    assert len(data) > len(animated(Film(pictures, [50.0] * 2), tmp_path, "webp", quality=50)[0])


def test_a_format_without_animation_refuses_one_and_names_those_that_have_it(tmp_path: Path) -> None:
    with pytest.raises(OutputRefused) as caught:
        animated(Film(animation(2), [50.0] * 2), tmp_path, "avif")

    assert (caught.value.code, caught.value.parameter, caught.value.allowed) == ("animation_not_kept", "format", ("webp", "gif"))


@pytest.mark.parametrize("file_format", ["webp", "gif"])
def test_an_animation_gives_the_same_bytes_again(file_format: OutputFormat, tmp_path: Path) -> None:
    first, second = (animated(Film(animation(3), [80.0] * 3), tmp_path, file_format)[0] for _ in range(2))

    assert first == second
