from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageSequence

from aizen.imaging import ALPHA_FORMATS, Encoding, OutputFormat, Rights
from aizen.imaging.estimating import of_still
from aizen.imaging.fitting import fitted
from aizen.imaging.likeness import CLOSE, closeness, lowest_close, sample
from aizen.imaging.steps import OutputRefused
from aizen.imaging.writing import Written, write, write_animation

from .pictures import animation, opened, psnr, saved, scene

FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)
LOSSY: tuple[OutputFormat, ...] = ("jpeg", "webp", "avif")
RIGHTS = Rights(creator="Zoë Ångström & <Søns>", copyright="© 2026 Zoë", digital_source_type="trainedAlgorithmicMedia")


class Film(Image.Image):
    """Frames as the engine gives them: each is made when it is sought, and only then."""

    def __init__(self, pictures: Sequence[Image.Image], durations: Sequence[float], *, loop: int = 0) -> None:
        super().__init__()
        self.pictures, self.told, self.loop = pictures, durations, loop
        self.n_frames = len(pictures)
        self.is_animated = True
        self.durations: list[float] = []
        self.has_alpha = False
        self.frame = -1
        self.made = 0
        self.seek(0)

    def seek(self, frame: int, /) -> None:
        if frame == self.frame:
            return
        picture = self.pictures[frame].copy()
        self._mode, self._size, self.im = picture.mode, picture.size, picture.im
        self.frame, self.made = frame, self.made + 1
        self.has_alpha = self.has_alpha or (picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255))
        if frame == len(self.durations):
            self.durations.append(self.told[frame])

    def tell(self) -> int:
        return self.frame


def made(
    image: Image.Image, folder: Path, file_format: OutputFormat, *, rights: Rights | None = None, **wanted: Any
) -> tuple[bytes, Written]:
    path = folder / "made"
    path.touch()
    answer = write(image, Encoding(format=file_format, **wanted), str(path), rights=rights)
    data = path.read_bytes()
    assert answer.bytes == len(data)
    return data, answer


def animated(film: Film, folder: Path, file_format: OutputFormat, **wanted: Any) -> tuple[bytes, Written]:
    path = folder / "made"
    path.touch()
    answer = write_animation(film, Encoding(format=file_format, **wanted), str(path))
    data = path.read_bytes()
    assert answer.bytes == len(data)
    return data, answer


def shown(data: bytes) -> list[tuple[Image.Image, float]]:
    with Image.open(BytesIO(data)) as image:
        return [(frame.convert("RGBA"), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]


def noisy(size: tuple[int, int] = (160, 120), mode: str = "RGB") -> Image.Image:
    """A scene with grain, as a camera would have it, so that quality costs something; the same each time."""
    grain = Image.frombytes("L", (64, 64), bytes((x * x * 7 + x * 13) // 5 % 251 for x in range(4096))).filter(ImageFilter.SMOOTH)
    tiled = Image.new("L", size)
    for left in range(0, size[0], 64):
        for top in range(0, size[1], 64):
            tiled.paste(grain, (left, top))
    return Image.blend(scene(*size), Image.merge("RGB", (tiled, tiled, tiled)), 0.2).convert(mode)


def large() -> Image.Image:
    """A picture of more than a million pixels that repeats itself nowhere; the same each time."""
    grain = np.random.default_rng(3).normal(0, 9, (960, 1280, 1))
    return Image.fromarray(np.clip(np.asarray(scene(1280, 960)) + grain, 0, 255).astype(np.uint8))


def with_hole(mode: str = "RGBA", *, soft: bool = False) -> Image.Image:
    image = scene(120, 90, mode)
    alpha = Image.new("L", image.size, 255)
    ImageDraw.Draw(alpha).ellipse((20, 15, 80, 70), fill=0)
    image.putalpha(alpha.filter(ImageFilter.GaussianBlur(4)) if soft else alpha)
    return image


def on_gray(image: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, "gray"), image.convert("RGBA"))


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
