"""The file that a rendering leaves: alike, deterministic, and nothing of what stood there before."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from aizen.imaging import ALPHA_FORMATS, Encoding, OutputFormat, Rights
from aizen.imaging.steps import OutputRefused
from aizen.imaging.writing import write

from .pictures import opened, psnr, saved, scene
from .written import FORMATS, RIGHTS, made, noisy, on_gray, with_hole


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_picture_is_written_and_reads_back_alike(file_format: OutputFormat, mode: str, tmp_path: Path) -> None:
    image = with_hole(mode) if mode.endswith("A") else scene(120, 90, mode)

    data, answer = made(image, tmp_path, file_format)

    back = opened(data)
    flattened = file_format == "jpeg" and mode.endswith("A")
    assert (back.format, back.size) == (None, image.size)
    assert answer.warnings == (("alpha_flattened",) if flattened else ())
    if flattened:
        white = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        assert psnr(back, white) > 27
    else:
        assert psnr(on_gray(back), on_gray(image)) > 27
        assert back.has_transparency_data is mode.endswith("A")
        if mode.endswith("A"):
            assert file_format in ALPHA_FORMATS
            assert back.convert("RGBA").getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("file_format", ["png", "tiff"])
def test_png_and_tiff_lose_nothing(file_format: OutputFormat, mode: str, tmp_path: Path) -> None:
    image = with_hole(mode, soft=True) if mode.endswith("A") else scene(97, 61, mode)

    for quality in (None, 100, "auto"):
        back = opened(made(image, tmp_path, file_format, quality=quality)[0])
        assert (back.mode, back.tobytes()) == (mode, image.tobytes())


@pytest.mark.parametrize("file_format", FORMATS)
def test_alpha_that_hides_nothing_is_left_out_without_a_warning(file_format: OutputFormat, tmp_path: Path) -> None:
    data, answer = made(scene(64, 48, "RGBA"), tmp_path, file_format)

    assert answer.warnings == ()
    assert not opened(data).has_transparency_data


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_picture_gives_the_same_bytes(file_format: OutputFormat, tmp_path: Path) -> None:
    image, wanted = noisy(), Encoding(format=file_format, quality="auto")

    first, second = (made(image.copy(), tmp_path, file_format, quality=wanted.quality, rights=RIGHTS)[0] for _ in range(2))

    assert first == second


@pytest.mark.parametrize("file_format", ["jpeg", "webp", "avif", "png", "gif"])
def test_a_higher_quality_is_a_larger_file_and_a_closer_picture(file_format: OutputFormat, tmp_path: Path) -> None:
    image = noisy()

    files = [made(image, tmp_path, file_format, quality=quality)[0] for quality in (1, 10, 40, 70, 100)]

    likeness = [psnr(opened(data), image) for data in files]
    assert sorted(len(data) for data in files) == [len(data) for data in files]
    assert sorted(likeness) == likeness
    assert len(files[0]) < len(files[-1]) / 3


def test_what_was_in_the_file_before_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "made"
    path.write_bytes(bytes(100_000))

    answer = write(scene(), Encoding(format="jpeg"), str(path))

    assert path.stat().st_size == answer.bytes < 100_000


def test_the_path_may_be_an_open_file_that_has_no_name(tmp_path: Path) -> None:
    path = tmp_path / "made"
    with path.open("w+b") as file:
        path.unlink()
        if not Path("/proc/self/fd").exists():
            pytest.skip("this system names no open files: results without a name are not checked")

        write(scene(), Encoding(format="tiff"), f"/proc/{os.getpid()}/fd/{file.fileno()}")

        assert opened(file.read()).size == (400, 300)


@pytest.mark.parametrize("quality", [1, 80, 99])
def test_a_tiff_of_less_quality_is_refused_and_says_what_to_do(quality: int, tmp_path: Path) -> None:
    with pytest.raises(OutputRefused) as caught:
        made(scene(), tmp_path, "tiff", quality=quality)

    assert (caught.value.code, caught.value.parameter, caught.value.allowed) == ("quality_not_for_tiff", "quality", ("100", "auto"))
    assert "leave the quality out" in caught.value.detail


def test_a_gif_cuts_soft_alpha_at_one_half_and_says_so(tmp_path: Path) -> None:
    image = with_hole(soft=True)

    data, answer = made(image, tmp_path, "gif")

    assert answer.warnings == ("alpha_flattened",)
    cut = image.getchannel("A").point([255 if value >= 128 else 0 for value in range(256)])
    back = opened(data).convert("RGBA")
    assert back.getchannel("A").tobytes() == cut.tobytes()
    assert psnr(on_gray(back), on_gray(Image.merge("RGBA", (*image.split()[:3], cut)))) > 30


@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
def test_a_png_of_few_colours_keeps_its_alpha(soft: bool, tmp_path: Path) -> None:
    image = with_hole(soft=soft)

    data, answer = made(image, tmp_path, "png", quality=60)

    back = opened(data)
    assert (back.mode, answer.warnings) == ("P", ())
    difference = ImageChops.difference(back.convert("RGBA").getchannel("A"), image.getchannel("A"))
    assert np.asarray(difference).max() <= (48 if soft else 0)
    assert psnr(on_gray(back), on_gray(image)) > (24 if soft else 28)


@pytest.mark.parametrize("file_format", ["png", "gif"])
def test_a_drawing_of_few_colours_keeps_each_exactly(file_format: OutputFormat, tmp_path: Path) -> None:
    image = Image.new("RGB", (60, 40), "#123456")
    for index in range(30):
        ImageDraw.Draw(image).rectangle((index * 2, 0, index * 2, 20), fill=(90 + index, 120 - index % 3, 60 + index // 2))

    data, _ = made(image, tmp_path, file_format, quality=50)

    assert opened(data).convert("RGB").tobytes() == image.tobytes()


def test_what_is_invisible_everywhere_is_still_a_picture(tmp_path: Path) -> None:
    for file_format in FORMATS:
        back = opened(made(Image.new("RGBA", (9, 7), (1, 2, 3, 0)), tmp_path, file_format, quality=None)[0])
        assert back.size == (9, 7)
        assert file_format == "jpeg" or back.convert("RGBA").getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("file_format", FORMATS)
def test_one_pixel_is_a_picture(file_format: OutputFormat, tmp_path: Path) -> None:
    back = opened(made(Image.new("RGB", (1, 1), "red"), tmp_path, file_format)[0])

    assert (back.size, psnr(back, Image.new("RGB", (1, 1), "red")) > 30) == ((1, 1), True)


def test_an_avif_is_written_at_a_speed_that_noise_cannot_bring_to_a_halt(tmp_path: Path) -> None:
    image = noisy((96, 64))

    data, _ = made(image, tmp_path, "avif")

    # Of 4096 × 4096 px of noise, 8 takes three to four times as long as 9: longer than a rendering may.
    assert data == saved(image, "AVIF", quality=60, speed=9, max_threads=1) != saved(image, "AVIF", quality=60, speed=8, max_threads=1)


def test_a_png_of_many_pixels_is_packed_less_hard(tmp_path: Path) -> None:
    tile = noisy((64, 64), "L")
    image = Image.new("L", (2900, 2900))
    image.paste(tile, (0, 0))

    data, _ = made(image, tmp_path, "png")

    assert data == saved(image, "PNG", compress_level=4) != saved(image, "PNG", compress_level=6)
    assert made(tile, tmp_path, "png")[0] == saved(tile, "PNG", compress_level=6)


def test_a_gif_says_that_it_drops_rights_and_the_others_drop_none(tmp_path: Path) -> None:
    for file_format in FORMATS:
        _, answer = made(scene(40, 30), tmp_path, file_format, rights=RIGHTS)
        assert answer.warnings == (("provenance_dropped",) if file_format == "gif" else ())
    assert made(scene(40, 30), tmp_path, "gif", rights=replace(Rights(), creator=" "))[1].warnings == ()
    assert made(scene(40, 30), tmp_path, "gif")[1].warnings == ()


def test_an_encoder_that_gets_no_memory_says_so(tmp_path: Path) -> None:
    class Starved(Image.Image):
        def save(self, *_: Any, **__: Any) -> None:
            raise RuntimeError("Failed to encode image: Encoding of color planes failed")

    image = Starved()
    image._mode, image._size, image.im = "RGB", (8, 8), Image.new("RGB", (8, 8)).im
    with pytest.raises(MemoryError):
        write(image, Encoding(format="avif"), str(tmp_path / "made.avif"), rights=None)
