from __future__ import annotations

import gc
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from aizen.errors import TooLarge, Unreadable
from aizen.imaging import Limits, Rendition
from aizen.imaging.inspection import inspect
from aizen.imaging.variants import plan, render, render_planned

from .pictures import (
    jpeg_segment,
    jpeg_with,
    opened,
    photo,
    pixels,
    png_chunk,
    png_with,
    psnr,
    sample,
    saved,
    scene,
    structural_similarity,
    swapped_profile,
    written,
)

LIMITS = Limits()
WIDTHS = (160, 320, 640, 1280, 1920)


def rendered(path: str, *, widths: tuple[int, ...] = WIDTHS) -> dict[str, Rendition]:
    picture = inspect(path, LIMITS)
    return {rendition.name: rendition for rendition in render(path, picture=picture, widths=widths, limits=LIMITS)}


def levels_of(path: str) -> dict[str, Rendition]:
    """The mezzanine levels of a picture without alpha.

    The WebP files, which take most of the time, are left out: there is a JPEG of each size, so that every level is made from the usual one.
    """
    planned = [one for one in plan(inspect(path, LIMITS), widths=WIDTHS) if one.format == "jpeg"]
    return {one.name: one for one in render_planned(path, planned, limits=LIMITS) if one.role == "mezzanine"}


def rendered_bytes(data: bytes, folder: Path, *, widths: tuple[int, ...] = WIDTHS) -> dict[str, Rendition]:
    return rendered(written(folder, data), widths=widths)


def test_what_is_rendered_is_exactly_what_was_planned(tmp_path: Path) -> None:
    path = written(tmp_path, saved(scene(700, 500), "JPEG"))
    picture = inspect(path, LIMITS)

    made = list(render(path, picture=picture, widths=WIDTHS, limits=LIMITS))

    assert [(one.name, one.role, one.format, one.width, one.height) for one in made] == [
        (one.name, one.role, one.format, one.width, one.height) for one in plan(picture, widths=WIDTHS)
    ]
    for one in made:
        image = opened(one.data)
        assert image.size == (one.width, one.height)
        with Image.open(Path(written(tmp_path, one.data, one.name))) as file:
            assert (file.format or "").lower() == one.format


@pytest.mark.parametrize("name", ["collage-12mp.jpg", "collage-24mp-progressive.jpg", "wood-l.webp"])
def test_every_level_looks_like_a_full_decode_and_one_lanczos(name: str) -> None:
    path = photo(name)
    with Image.open(path) as image:
        source = image.convert("RGB")
    levels = levels_of(str(path))
    assert list(levels) == ["m2048.jpeg", "m1024.jpeg", "m512.jpeg"]
    for rendition in levels.values():
        reference = source.resize((rendition.width, rendition.height), Image.Resampling.LANCZOS)
        shown = opened(rendition.data)
        # JPEG at quality 95 is part of the difference here; the benchmarks compare the levels before they are encoded.
        assert psnr(shown, reference, "L") > 39, rendition.name
        assert structural_similarity(shown, reference) > 0.98, rendition.name


def test_variants_look_like_the_picture(tmp_path: Path) -> None:
    source = scene(900, 700)

    for rendition in rendered_bytes(saved(source, "JPEG", quality=98), tmp_path).values():
        reference = source.resize((rendition.width, rendition.height), Image.Resampling.LANCZOS)
        assert psnr(opened(rendition.data), reference) > 28, rendition.name


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_output_is_upright(orientation: int, file_format: str, tmp_path: Path) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = scene(200, 120)
    stored = upright.transpose(turns[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation

    made = rendered_bytes(saved(stored, file_format, exif=exif), tmp_path)

    assert made["w200.webp"].width == 200
    for rendition in made.values():
        image = opened(rendition.data)
        assert psnr(image, upright.resize(image.size, Image.Resampling.LANCZOS)) > 22, rendition.name
        assert not image.getexif()


def test_the_portraits_of_the_orientation_set_are_all_alike() -> None:
    paths = [str(sample(f"exif/exif-orientation-examples/Portrait_{number}.jpg")) for number in range(1, 9)]
    reference, *others = (opened(levels_of(path)["m512.jpeg"].data) for path in paths)

    for path, turned in zip(paths[1:], others, strict=True):
        # Each of the pictures has its own number written on it; the rest is the same scene.
        assert turned.size == reference.size, path
        assert structural_similarity(turned, reference) > 0.75, path


def test_the_landscapes_of_the_orientation_set_lie(tmp_path: Path) -> None:
    for number in (6, 8):
        rendition = rendered(str(sample(f"exif/exif-orientation-examples/Landscape_{number}.jpg")), widths=(640,))["w640.jpeg"]
        assert (rendition.width, rendition.height) == (640, 427)


SECRETS = (
    b"SECRET-EXIF",
    b"SECRET-XMP",
    b"SECRET-COMMENT",
    b"SECRET-TRAILER",
    b"SECRET-PROFILE",
    b"SECRET-IPTC",
    b"SECRET-TEXT",
    b"SECRET-THUMB",
)


def private_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-EXIF maker"
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0), 29: "SECRET-EXIF GPS"}
    return exif.tobytes() + saved(scene(16, 12), "JPEG", comment=b"SECRET-THUMB")


def private_profile() -> bytes:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    return bytes(profile) + b"SECRET-PROFILE"


def private_files() -> dict[str, bytes]:
    image = scene(200, 120)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET-XMP</x:xmpmeta>'
    exif, profile = private_exif(), private_profile()
    segments = jpeg_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0bSECRET-IPTC\0")
    texts = png_chunk(b"tEXt", b"Comment\0SECRET-TEXT") + png_chunk(b"iTXt", b"SECRET-TEXT\0\0\0\0\0SECRET-TEXT")
    jpeg = jpeg_with(segments, image=image, exif=exif, xmp=xmp, comment=b"SECRET-COMMENT", icc_profile=profile)
    png = png_with(texts, saved_and_opened(image))
    return {
        "jpeg": jpeg + b"SECRET-TRAILER",
        "png": png + b"SECRET-TRAILER",
        "png with profile": saved(image, "PNG", exif=exif, icc_profile=profile) + b"SECRET-TRAILER",
        "webp": saved(image, "WEBP", exif=exif, xmp=xmp, icc_profile=profile) + b"SECRET-TRAILER",
        "avif": saved(image, "AVIF", exif=exif, xmp=xmp, icc_profile=profile) + b"SECRET-TRAILER",
        "gif": saved(image.convert("P"), "GIF", comment=b"SECRET-COMMENT") + b"SECRET-TRAILER",
        "animated gif": saved(image.convert("P"), "GIF", save_all=True, append_images=[scene(200, 120, "L")], comment=b"SECRET-COMMENT"),
        "animated webp": saved(image, "WEBP", save_all=True, append_images=[scene(200, 120, "L")], exif=exif, xmp=xmp, icc_profile=profile),
        "alpha": saved(Image.new("RGBA", (200, 120), (9, 9, 9, 99)), "PNG", exif=exif, icc_profile=profile),
    }


def saved_and_opened(image: Image.Image) -> Image.Image:
    return opened(saved(image, "PNG"))


@pytest.mark.parametrize("kind", private_files())
def test_nothing_but_pixels_passes_into_any_output(kind: str, tmp_path: Path) -> None:
    data = private_files()[kind]
    assert any(secret in data for secret in SECRETS) or b"iCCP" in data or b"eXIf" in data

    made = rendered_bytes(data, tmp_path)

    assert made
    for rendition in made.values():
        for secret in (*SECRETS, b"Exif", b"ICC_PROFILE", b"ICCP", b"iCCP", b"eXIf", b"tEXt", b"xmpmeta"):
            assert secret not in rendition.data, rendition.name


@pytest.mark.parametrize(
    "name", ["synthetic/canary_jpeg_all.jpg", "synthetic/canary_png_all.png", "synthetic/exif_xss.jpg", "pillow/iptc.jpg"]
)
def test_outputs_of_the_corpus_canaries_have_empty_metadata(name: str) -> None:
    for rendition in rendered(str(sample(name))).values():
        image = opened(rendition.data)
        assert not image.getexif()
        assert not {"comment", "exif", "xmp", "icc_profile", "photoshop", "Comment"} & {str(key) for key in image.info}
        assert b"CANARY" not in rendition.data.upper()


def test_inverted_cmyk_of_adobe_comes_out_right(tmp_path: Path) -> None:
    source = scene(200, 120)

    made = rendered_bytes(saved(source.convert("CMYK"), "JPEG", quality=95), tmp_path)

    for rendition in made.values():
        assert psnr(opened(rendition.data), source.resize((rendition.width, rendition.height))) > 20, rendition.name


def test_the_cmyk_sample_looks_like_its_rgb_twin() -> None:
    ink = opened(rendered(str(sample("pillow/pil_sample_cmyk.jpg")))["m100.jpeg"].data)
    light = opened(rendered(str(sample("pillow/pil_sample_rgb.jpg")))["m100.jpeg"].data)

    assert psnr(ink, light) > 12


def test_sixteen_bits_of_gray_keep_their_brightness(tmp_path: Path) -> None:
    ramp = Image.linear_gradient("L").convert("I").point(lambda value: value * 257)
    gray = ramp.convert("I;16")

    image = opened(rendered_bytes(saved(gray, "PNG"), tmp_path)["m256.jpeg"].data)

    assert psnr(image, Image.linear_gradient("L"), "L") > 38


def test_sixteen_bit_gray_with_a_transparent_shade_keeps_its_hole(tmp_path: Path) -> None:
    gray = Image.frombytes("I;16", (40, 40), struct.pack("<40H", *[500] * 20, *[40_000] * 20) * 40)

    image = opened(rendered_bytes(saved(gray, "PNG", transparency=500), tmp_path)["m40.png"].data).convert("RGBA")

    assert image.getchannel("A").getpixel((5, 20)) == 0
    assert image.getpixel((35, 20)) == (156, 156, 156, 255)


@pytest.mark.parametrize(("mode", "likeness"), [("1", 5), ("L", 28), ("LA", 28), ("P", 20), ("RGB", 28), ("RGBA", 28)], ids=str)
def test_every_mode_of_png_comes_out_right(mode: str, likeness: int, tmp_path: Path) -> None:
    stored = scene(200, 120, mode)
    reference = stored.convert("RGB")

    for rendition in rendered_bytes(saved(stored, "PNG"), tmp_path, widths=(200,)).values():
        if rendition.width == 200:
            assert psnr(opened(rendition.data), reference) > likeness, rendition.name


def test_a_palette_with_transparency_keeps_its_holes(tmp_path: Path) -> None:
    image = scene(200, 120).quantize(16, dither=Image.Dither.NONE)
    hole = image.getpixel((100, 60))

    made = rendered_bytes(saved(image, "PNG", transparency=hole), tmp_path)

    for rendition in made.values():
        shown = opened(rendition.data).convert("RGBA")
        alpha = shown.getpixel((shown.width // 2, shown.height // 2))
        assert isinstance(alpha, tuple)
        assert alpha[3] < 60, rendition.name


def test_what_is_transparent_does_not_bleed_into_the_edges(tmp_path: Path) -> None:
    image = Image.new("RGBA", (400, 400), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (100, 100, 300, 300))

    made = rendered_bytes(saved(image, "PNG"), tmp_path)

    green = pixels(opened(made["w160.png"].data), "RGBA")
    visible = green[green[..., 3] > 20]
    assert visible[..., 1].max() < 20


def test_alpha_of_a_webp_variant_stays(tmp_path: Path) -> None:
    image = scene(300, 200, "RGBA")
    image.putalpha(Image.linear_gradient("L").resize((300, 200)))

    shown = opened(rendered_bytes(saved(image, "PNG"), tmp_path)["w160.webp"].data)

    expected = image.resize(shown.size, Image.Resampling.LANCZOS)
    assert psnr(shown.getchannel("A"), expected.getchannel("A"), "L") > 30


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_embedded_profile_is_applied_before_it_is_dropped(file_format: str, tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 64), (200, 30, 30))

    for rendition in rendered_bytes(saved(image, file_format, icc_profile=swapped_profile()), tmp_path).values():
        red, green, blue = pixels(opened(rendition.data))[32, 32]
        assert (abs(red - 30), abs(green - 200), abs(blue - 30)) < (12, 12, 12), rendition.name


def test_the_profile_of_a_picture_with_alpha_leaves_its_alpha(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (200, 30, 30, 128))

    shown = opened(rendered_bytes(saved(image, "PNG", icc_profile=swapped_profile()), tmp_path)["m64.png"].data)

    color = shown.getpixel((32, 32))
    assert isinstance(color, tuple)
    assert color[3] == 128
    assert color[1] > 180
    assert color[0] < 60


@pytest.mark.parametrize("profile", [b"not a profile", private_profile()[:200], b"\0" * 500], ids=["words", "cut", "zeros"])
def test_a_broken_profile_counts_as_srgb(profile: bytes, tmp_path: Path) -> None:
    source = scene(64, 48)

    image = opened(rendered_bytes(saved(source, "JPEG", quality=95, icc_profile=profile), tmp_path)["m64.jpeg"].data)

    assert psnr(image, source) > 25


def test_a_profile_of_another_color_space_counts_as_srgb(tmp_path: Path) -> None:
    source = scene(64, 48, "L")

    image = opened(rendered_bytes(saved(source, "JPEG", quality=95, icc_profile=swapped_profile()), tmp_path)["m64.jpeg"].data)

    assert psnr(image, source) > 25


def test_jpegs_are_baseline_and_mezzanines_are_finer_than_variants(tmp_path: Path) -> None:
    made = rendered_bytes(saved(scene(512, 300), "JPEG", progressive=True), tmp_path)

    for rendition in made.values():
        if rendition.format == "jpeg":
            assert "progressive" not in opened(rendition.data).info
            assert b"\xff\xc0" in rendition.data
    assert len(made["m512.jpeg"].data) > len(made["w512.jpeg"].data)


def test_a_very_tall_picture_has_variants(tmp_path: Path) -> None:
    made = rendered_bytes(saved(Image.new("L", (2, 40_000), 99), "PNG"), tmp_path)

    assert {rendition.height for rendition in made.values() if rendition.role == "variant"} == {16383}


def test_a_source_that_is_damaged_since_its_upload_is_unreadable(tmp_path: Path) -> None:
    data = saved(scene(), "JPEG")
    path = written(tmp_path, data)
    picture = inspect(path, LIMITS)
    written(tmp_path, data[: len(data) // 2])

    with pytest.raises(Unreadable):
        list(render(path, picture=picture, widths=WIDTHS, limits=LIMITS))


def test_a_source_that_grew_since_its_upload_is_too_large(tmp_path: Path) -> None:
    path = written(tmp_path, saved(scene(), "PNG"))
    picture = inspect(path, LIMITS)

    with pytest.raises(TooLarge):
        list(render(path, picture=picture, widths=WIDTHS, limits=Limits(max_pixels=1000)))


def test_renditions_come_one_at_a_time_and_an_abandoned_rendering_leaves_no_file_open(tmp_path: Path) -> None:
    path = written(tmp_path, saved(scene(700, 500), "JPEG"))
    renditions = render(path, picture=inspect(path, LIMITS), widths=WIDTHS, limits=LIMITS)

    assert next(renditions).name == "w700.webp"
    del renditions
    gc.collect()  # an unclosed file would be a ResourceWarning, and so an error


MEASURE = """
import sys
from pathlib import Path
from aizen.imaging import Limits
from aizen.imaging.inspection import inspect
from aizen.imaging.variants import render
def kibibytes(key):
    status = Path("/proc/self/status").read_text()
    return int(status.split(key + ":")[1].split()[0])
picture = inspect(sys.argv[1], Limits())
idle = kibibytes("VmRSS")
for _ in render(sys.argv[1], picture=picture, widths=(160, 320, 640, 1280, 1920), limits=Limits()):
    pass
print(kibibytes("VmHWM") - idle)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process's memory is read from /proc")
@pytest.mark.parametrize(("name", "most"), [("collage-24mp.jpg", 120), ("collage-24mp-progressive.jpg", 170)])
def test_memory_is_bounded_whatever_the_size_of_the_source(name: str, most: int) -> None:
    # A naive decode of 24 megapixels alone is 96 MiB, and 300 MiB with what resizing adds. The exact figures are the benchmarks' affair.
    command: list[Any] = [sys.executable, "-c", MEASURE, str(photo(name))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])

    assert int(done.stdout) / 1024 < most


def test_a_png_whose_pixels_are_damaged_is_never_rendered_black(tmp_path: Path) -> None:
    path = written(tmp_path, saved(scene(), "PNG"))
    picture = inspect(path, LIMITS)
    written(tmp_path, png_with(png_chunk(b"IDAT", b"x"), scene()))

    with pytest.raises(Unreadable):
        list(render(path, picture=picture, widths=WIDTHS, limits=LIMITS))
