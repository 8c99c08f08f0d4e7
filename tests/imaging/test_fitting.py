"""The quality that a file has: the lowest that stays close, or the best that is small enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFilter

from aizen.imaging import OutputFormat
from aizen.imaging.estimating import of_still
from aizen.imaging.fitting import fitted
from aizen.imaging.likeness import CLOSE, closeness, lowest_close, sample
from aizen.imaging.steps import OutputRefused

from .pictures import opened, saved, scene
from .written import FORMATS, LOSSY, large, made, noisy


@pytest.mark.parametrize("file_format", LOSSY)
def test_auto_is_the_lowest_quality_that_stays_close(file_format: OutputFormat, tmp_path: Path) -> None:
    plain, grained = scene(240, 160).filter(ImageFilter.GaussianBlur(3)), Image.blend(scene(240, 160), noisy((240, 160)), 0.6)

    small, answer = made(plain, tmp_path, file_format, quality="auto")
    large, _ = made(grained, tmp_path, file_format, quality="auto")

    assert answer.warnings == ()
    assert closeness(opened(small), plain) >= CLOSE
    assert closeness(opened(large), grained) >= CLOSE
    lowest = made(plain, tmp_path, file_format, quality=40 if file_format == "avif" else 50)[0]
    assert len(small) == len(lowest)
    assert len(large) > len(made(grained, tmp_path, file_format, quality=40 if file_format == "avif" else 50)[0])


def test_auto_goes_no_higher_than_its_range_where_nothing_stays_close() -> None:
    tried: list[tuple[int, int]] = []

    def encode(image: Image.Image, quality: int) -> bytes:
        tried.append(image.size)
        return saved(ImageChops.invert(image), "PNG")

    assert lowest_close(scene(900, 600), encode, range(32, 94, 2)) == 92
    assert set(tried) == {(512, 512)}
    assert len(tried) <= 5


def test_a_sample_is_taken_from_all_over_a_large_picture() -> None:
    image = Image.new("L", (2000, 300))
    image.paste(255, (1800, 0, 2000, 300))

    taken = sample(image)

    assert taken.size == (512, 300)
    assert taken.getextrema() == (0, 255)
    assert sample(scene(512, 512)).size == (512, 512)


@pytest.mark.parametrize("file_format", ["jpeg", "webp", "avif", "png", "gif"])
def test_max_bytes_lowers_the_quality_no_further_than_it_must(file_format: OutputFormat, tmp_path: Path) -> None:
    image = noisy()
    asked, untouched = made(image, tmp_path, file_format)
    most = len(asked) // 2

    data, answer = made(image, tmp_path, file_format, max_bytes=most)

    assert (untouched.warnings, answer.warnings) == ((), ("quality_lowered",))
    assert most * 0.8 < len(data) <= most
    assert made(image, tmp_path, file_format, max_bytes=len(asked)) == (asked, untouched)


@pytest.mark.parametrize("file_format", FORMATS)
def test_max_bytes_that_cannot_be_reached_is_refused_with_the_smallest_size_named(file_format: OutputFormat, tmp_path: Path) -> None:
    with pytest.raises(OutputRefused) as caught:
        made(noisy(), tmp_path, file_format, max_bytes=100)

    assert (caught.value.code, caught.value.parameter) == ("max_bytes_unreachable", "max_bytes")
    assert (tmp_path / "made").stat().st_size == 0
    smallest = len(made(noisy(), tmp_path, file_format, quality=None if file_format == "tiff" else 1)[0])
    assert caught.value.allowed == (f"{smallest} or more",)
    assert str(smallest) in caught.value.detail


def test_auto_and_max_bytes_go_together(tmp_path: Path) -> None:
    close, _ = made(noisy(), tmp_path, "jpeg", quality="auto")

    data, answer = made(noisy(), tmp_path, "jpeg", quality="auto", max_bytes=len(close) - 500)

    assert len(data) <= len(close) - 500
    assert answer.warnings == ("quality_lowered",)


@pytest.mark.parametrize("max_bytes", [99, 100, 101, 1000, 5000, 20_000, 79_000, 99_999, 100_000])
@pytest.mark.parametrize(
    "shape", [lambda q: 1000 * q, lambda q: 10 * q * q, lambda q: 100_000 - (100 - q) ** 3 // 11, lambda q: 100 * 2 ** (q // 10)]
)
def test_the_search_finds_what_fits_within_its_encodings(shape: Any, max_bytes: int) -> None:
    tried: list[int] = []

    def encode(quality: int) -> bytes:
        tried.append(quality)
        return bytes(max(shape(quality), 0))

    fitting = [quality for quality in range(1, 101) if shape(quality) <= max_bytes]
    if not fitting:
        with pytest.raises(OutputRefused):
            fitted(encode, 100, max_bytes=max_bytes, encodings=7)
    else:
        best = fitted(encode, 100, max_bytes=max_bytes, encodings=7)
        assert len(best.data) <= max_bytes
        assert best.quality >= fitting[-1] - 8 or len(best.data) >= 0.96 * max_bytes
    assert len(tried) <= 7


@pytest.mark.parametrize("wrong", [0.6, 0.85, 1.0, 1.1, 1.5])
@pytest.mark.parametrize("max_bytes", [99, 100, 5_000, 40_000, 95_000])
@pytest.mark.parametrize("shape", [lambda q: 1000 * q, lambda q: 10 * q * q, lambda q: 100 * 2 ** (q // 10)])
def test_a_search_by_estimates_makes_few_files_and_corrects_itself_by_them(shape: Any, max_bytes: int, wrong: float) -> None:
    tried: list[int] = []

    def encode(quality: int) -> bytes:
        tried.append(quality)
        return bytes(shape(quality))

    fitting = [quality for quality in range(1, 101) if shape(quality) <= max_bytes]
    if not fitting:
        with pytest.raises(OutputRefused) as caught:
            fitted(encode, 100, max_bytes=max_bytes, encodings=7, estimate=lambda quality: wrong * shape(quality))
        assert caught.value.allowed == (f"{shape(1)} or more",)
    else:
        best = fitted(encode, 100, max_bytes=max_bytes, encodings=7, estimate=lambda quality: wrong * shape(quality))
        assert len(best.data) == shape(best.quality) <= max_bytes
        assert best.quality >= fitting[-1] - 8 or len(best.data) >= 0.9 * max_bytes
    assert len(tried) <= 3
    if wrong * shape(100) > 1.1 * max_bytes:
        # What is plainly too large is not even made.
        assert 100 not in tried


def test_where_every_estimate_was_too_low_the_lowest_quality_is_left() -> None:
    tried: list[int] = []

    def encode(quality: int) -> bytes:
        tried.append(quality)
        return bytes(10_000 + quality if quality > 1 else 100)

    best = fitted(encode, 100, max_bytes=1_500, encodings=7, estimate=lambda quality: 2.0**quality)

    assert (best.quality, len(best.data), len(tried), tried[-1]) == (1, 100, 4, 1)


@pytest.mark.parametrize("file_format", ["webp", "avif", "png", "gif"])
def test_a_sample_tells_the_size_of_a_large_picture(file_format: OutputFormat, tmp_path: Path) -> None:
    image = large()
    estimate = of_still(image, lambda pixels, quality: made(pixels, tmp_path, file_format, quality=quality)[0])
    assert estimate is not None

    for quality in (20, 70):
        size = len(made(image, tmp_path, file_format, quality=quality)[0])
        # The few colours of a sample are not those of the whole.
        assert estimate(quality) == pytest.approx(size, rel=0.4 if file_format in ("png", "gif") else 0.15)
    assert of_still(noisy(), lambda *_: b"") is None


@pytest.mark.parametrize("file_format", ["webp", "avif", "png", "gif"])
def test_max_bytes_of_a_large_picture_is_kept_to_and_nearly_filled(file_format: OutputFormat, tmp_path: Path) -> None:
    image = large()
    most = len(made(image, tmp_path, file_format)[0]) // 2

    data, answer = made(image, tmp_path, file_format, max_bytes=most)

    assert answer.warnings == ("quality_lowered",)
    assert most * 0.8 < len(data) <= most
    assert opened(data).size == image.size
