from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from aizen.errors import AizenError, TooLarge, Unreadable, UnsupportedMedia
from aizen.imaging import Limits, Picture
from aizen.imaging.inspection import inspect

from .pictures import animation, cmyk_profile, jpeg_segment, jpeg_with, png_chunk, png_with, sample, saved, scene, written

LIMITS = Limits()


def refusal(data: bytes, folder: Path, limits: Limits = LIMITS) -> AizenError:
    with pytest.raises(AizenError) as caught:
        inspect(written(folder, data), limits)
    return caught.value


@pytest.mark.parametrize("file_format", ["jpeg", "png", "gif", "webp", "avif"])
def test_each_taken_format_is_told_by_content_whatever_the_name(file_format: str, tmp_path: Path) -> None:
    path = written(tmp_path, saved(scene(), file_format.upper()), "picture.exe")

    picture = inspect(path, LIMITS)

    assert (picture.format, picture.media_type) == (file_format, f"image/{file_format}")
    assert (picture.width, picture.height, picture.frames) == (400, 300, 1)
    assert not picture.animated


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"<html></html>",
        b"%PDF-1.7",
        b"just words",
        b"\x00" * 64,
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        saved(scene(), "BMP"),
        saved(scene(), "TIFF"),
    ],
    ids=["svg", "xml", "html", "pdf", "text", "zeros", "heic", "bmp", "tiff"],
)
def test_everything_else_is_an_unsupported_type_with_the_allowed_ones_named(data: bytes, tmp_path: Path) -> None:
    error = refusal(data, tmp_path)

    assert isinstance(error, UnsupportedMedia)
    assert error.code == "unsupported_image_type"
    assert error.allowed == ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")


def test_an_empty_file_is_told_apart(tmp_path: Path) -> None:
    error = refusal(b"", tmp_path)

    assert isinstance(error, Unreadable)
    assert error.code == "empty_file"


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(tmp_path: Path) -> None:
    data = saved(scene(), "JPEG")

    assert inspect(written(tmp_path, data), replace(LIMITS, max_bytes=len(data))).format == "jpeg"
    error = refusal(data, tmp_path, replace(LIMITS, max_bytes=len(data) - 1))
    assert isinstance(error, TooLarge)
    assert (error.code, error.limit) == ("too_large", len(data) - 1)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_pixels_are_bounded_in_each_format(file_format: str, tmp_path: Path) -> None:
    data = saved(scene(100, 80), file_format)

    assert inspect(written(tmp_path, data), replace(LIMITS, max_pixels=8000)).width == 100
    error = refusal(data, tmp_path, replace(LIMITS, max_pixels=7999))
    assert isinstance(error, TooLarge)
    assert (error.code, error.limit) == ("too_many_pixels", 7999)


@pytest.mark.parametrize("file_format", ["PNG", "GIF", "WEBP", "AVIF"])
def test_frames_and_the_pixels_of_all_frames_are_bounded(file_format: str, tmp_path: Path) -> None:
    first, *rest = animation(5)
    data = saved(first, file_format, save_all=True, append_images=rest)
    path = written(tmp_path, data)

    assert inspect(path, LIMITS).frames == 5
    assert inspect(path, replace(LIMITS, max_frames=5, max_pixels=5 * 64 * 48)).animated
    too_many = refusal(data, tmp_path, replace(LIMITS, max_frames=4))
    too_large = refusal(data, tmp_path, replace(LIMITS, max_pixels=5 * 64 * 48 - 1))
    assert (too_many.code, too_large.code) == ("too_many_frames", "too_many_pixels")


def test_a_gif_frame_that_reaches_over_its_screen_is_counted_at_its_real_size(tmp_path: Path) -> None:
    data = bytearray(saved(scene(8, 8, "L"), "GIF"))
    frame = data.index(b"\x2c", 13)
    data[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"

    assert refusal(bytes(data), tmp_path).code == "too_many_pixels"


def test_a_webp_that_could_not_be_decoded_within_the_memory_is_too_large_not_unreadable(tmp_path: Path) -> None:
    data = saved(scene(100, 80), "WEBP")

    error = refusal(data, tmp_path, replace(LIMITS, memory_bytes=8000 * 20 - 1))

    assert isinstance(error, TooLarge)
    assert (error.code, error.limit) == ("webp_too_large", 7999)
    assert "more than 7999 pixels" in error.detail
    assert "DECODE_MEMORY" in error.detail
    assert refusal(data, tmp_path, replace(LIMITS, memory_bytes=8000 * 20 - 1, max_pixels=7999)).code == "too_many_pixels"


def test_jpeg_scans_are_counted_before_decoding(tmp_path: Path) -> None:
    data = saved(scene(), "JPEG", progressive=True)
    scans = 10

    assert inspect(written(tmp_path, data), replace(LIMITS, max_scans=scans)).format == "jpeg"
    error = refusal(data, tmp_path, replace(LIMITS, max_scans=scans - 1))
    assert isinstance(error, TooLarge)
    assert (error.code, error.limit) == ("too_many_scans", scans - 1)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"iCCP"])
def test_texts_and_profiles_of_a_png_are_bounded_by_their_unpacked_size(kind: bytes, tmp_path: Path) -> None:
    packed = zlib.compress(b"a" * 200_000)
    body = {
        b"tEXt": b"key\0" + b"a" * 200_000,
        b"zTXt": b"key\0\0" + packed,
        b"iTXt": b"key\0\1\0en\0key\0" + packed,
        b"iCCP": b"key\0\0" + packed,
    }[kind]
    data = png_with(png_chunk(kind, body))

    assert refusal(data, tmp_path, replace(LIMITS, max_metadata_bytes=100_000)).code == "metadata_too_large"
    assert inspect(written(tmp_path, data), replace(LIMITS, max_metadata_bytes=300_000)).format == "png"


def test_many_small_texts_count_together(tmp_path: Path) -> None:
    data = png_with(png_chunk(b"zTXt", b"key\0\0" + zlib.compress(b"a" * 50_000)) * 10)

    assert refusal(data, tmp_path, replace(LIMITS, max_metadata_bytes=400_000)).code == "metadata_too_large"


def test_a_text_that_unpacks_to_gigabytes_is_refused_at_once(tmp_path: Path) -> None:
    packer = zlib.compressobj()
    packed = b"".join([*(packer.compress(bytes(1024 * 1024)) for _ in range(64)), packer.flush()])

    assert refusal(png_with(png_chunk(b"zTXt", b"key\0\0" + packed)), tmp_path).code == "metadata_too_large"


@pytest.mark.parametrize(
    "data",
    [
        jpeg_with(jpeg_segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000))),
        jpeg_with(jpeg_segment(0xFE, bytes(60_000))),
        saved(scene(), "WEBP", icc_profile=bytes(60_000)),
        saved(scene(), "WEBP", xmp=bytes(60_000)),
        saved(scene(), "AVIF", icc_profile=bytes(60_000)),
        saved(scene(mode="L"), "GIF", comment=bytes(60_000)),
    ],
    ids=["jpeg profile", "jpeg comment", "webp profile", "webp xmp", "avif profile", "gif comment"],
)
def test_profiles_and_texts_of_the_other_formats_are_bounded(data: bytes, tmp_path: Path) -> None:
    assert refusal(data, tmp_path, replace(LIMITS, max_metadata_bytes=50_000)).code == "metadata_too_large"


@pytest.mark.parametrize("part", [0.25, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    "make",
    [
        lambda: saved(scene(), "JPEG"),
        lambda: saved(scene(), "JPEG", progressive=True),
        lambda: saved(scene(), "PNG"),
        lambda: saved(scene(mode="L"), "GIF"),
        lambda: saved(scene(), "WEBP"),
        lambda: saved(scene(), "AVIF"),
    ],
    ids=["jpeg", "progressive", "png", "gif", "webp", "avif"],
)
def test_a_truncated_file_is_refused(make: Callable[[], bytes], part: float, tmp_path: Path) -> None:
    data = make()

    error = refusal(data[: int(len(data) * part)], tmp_path)

    assert isinstance(error, Unreadable)
    assert error.code == "unreadable_image"


def test_a_refusal_speaks_our_own_words_and_names_no_path(tmp_path: Path) -> None:
    data = saved(scene(), "PNG")

    error = refusal(data[:60] + b"\0" * 40 + data[100:], tmp_path)

    assert isinstance(error, Unreadable)
    assert error.detail == Unreadable.detail
    assert str(tmp_path) not in str(error)


@pytest.mark.parametrize("orientation", range(10))
def test_sides_are_those_of_the_upright_picture(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture = inspect(written(tmp_path, saved(scene(40, 30), "JPEG", exif=exif)), LIMITS)

    assert (picture.width, picture.height) == ((30, 40) if orientation in (5, 6, 7, 8) else (40, 30))


def test_broken_exif_is_no_reason_to_refuse(tmp_path: Path) -> None:
    data = jpeg_with(jpeg_segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff\xff\xff"))

    assert inspect(written(tmp_path, data), LIMITS).width == 40


@pytest.mark.parametrize(
    ("image", "options", "has_alpha"),
    [
        (scene(mode="RGBA"), {}, False),
        (Image.new("RGBA", (9, 9), (1, 2, 3, 254)), {}, True),
        (Image.new("LA", (9, 9), (1, 0)), {}, True),
        (scene(mode="P"), {}, False),
        (scene(mode="P"), {"transparency": 0}, False),
        (Image.new("P", (9, 9)), {"transparency": 0}, True),
        (scene(mode="L"), {}, False),
        (Image.new("RGB", (9, 9), (1, 2, 3)), {"transparency": (1, 2, 3)}, True),
        (Image.new("I;16", (9, 9), 700), {"transparency": 700}, True),
        (Image.new("I;16", (9, 9), 700), {"transparency": 701}, False),
    ],
)
def test_alpha_is_what_some_pixel_uses_not_what_the_file_could_hold(
    image: Image.Image, options: dict[str, Any], has_alpha: bool, tmp_path: Path
) -> None:
    if image.mode == "P" and options and has_alpha is False:
        options = {"transparency": max(image.tobytes()) + 1}

    assert inspect(written(tmp_path, saved(image, "PNG", **options)), LIMITS).has_alpha is has_alpha


@pytest.mark.parametrize(
    ("mode", "profile", "lacks"),
    [
        ("CMYK", b"", True),
        ("CMYK", b"no profile at all", True),
        ("CMYK", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), True),
        ("CMYK", cmyk_profile()[:700], True),
        ("CMYK", cmyk_profile(), False),
        # Nearly every such picture is in sRGB, and taken for it.
        ("RGB", b"", False),
        ("L", b"", False),
    ],
    ids=["none", "junk", "another's", "broken", "its own", "rgb", "gray"],
)
def test_inks_that_no_profile_tells_of_are_known(mode: str, profile: bytes, lacks: bool, tmp_path: Path) -> None:
    data = saved(scene(mode=mode), "JPEG", icc_profile=profile)

    assert inspect(written(tmp_path, data), LIMITS).lacks_profile is lacks


def test_a_phones_multi_picture_file_is_one_jpeg(tmp_path: Path) -> None:
    data = saved(scene(), "MPO", save_all=True, append_images=[scene(100, 80)])

    assert inspect(written(tmp_path, data), LIMITS) == Picture(format="jpeg", width=400, height=300, frames=1, has_alpha=False)


def test_a_multi_picture_file_of_a_camera_is_one_jpeg() -> None:
    assert inspect(str(sample("pillow/frozenpond.mpo")), LIMITS).frames == 1


def test_the_path_may_be_an_open_file_that_has_no_name_any_more(tmp_path: Path) -> None:
    path = Path(written(tmp_path, saved(scene(), "PNG")))
    with path.open("rb") as file:
        path.unlink()
        descriptor = Path(f"/proc/self/fd/{file.fileno()}")
        if not descriptor.parent.exists():
            pytest.skip("this system names no open files: uploads without a name are not checked")

        assert inspect(str(descriptor), LIMITS).format == "png"


@pytest.mark.unmeasured  # Tracing millions of turns of a loop takes longer than they do.
def test_millions_of_fill_bytes_in_a_jpeg_are_walked_in_no_time(tmp_path: Path) -> None:
    data = b"\xff\xd8" + b"\xff" * 2_400_000 + b"\0"
    started = time.monotonic()

    refusal(data, tmp_path)

    # Walking them again from each of them would take hours.
    assert time.monotonic() - started < 8


def test_a_polyglot_is_what_its_first_bytes_say(tmp_path: Path) -> None:
    data = saved(scene(mode="L"), "GIF") + b"PK\x03\x04 and an archive"

    assert inspect(written(tmp_path, data), LIMITS).format == "gif"


def test_an_image_of_one_pixel_is_a_picture(tmp_path: Path) -> None:
    assert inspect(written(tmp_path, saved(Image.new("L", (1, 1)), "PNG")), LIMITS).width == 1


def test_no_damage_of_a_good_file_raises_anything_but_a_refusal(tmp_path: Path) -> None:
    for file_format in ("JPEG", "PNG", "GIF", "WEBP", "AVIF"):
        data = saved(scene(48, 32), file_format)
        for position in range(0, len(data), max(1, len(data) // 60)):
            damaged = data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]
            try:
                inspect(written(tmp_path, damaged), LIMITS)
            except (Unreadable, TooLarge, UnsupportedMedia):
                continue


@pytest.mark.parametrize(("frames", "seen"), [(1, 1), (3, 3)])
def test_the_still_of_an_apng_is_none_of_its_frames(frames: int, seen: int, tmp_path: Path) -> None:
    data = saved(scene(64, 48), "PNG", save_all=True, default_image=True, append_images=animation(frames), duration=80)

    assert inspect(written(tmp_path, data), LIMITS).frames == seen
