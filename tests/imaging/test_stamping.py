from __future__ import annotations

import random
import struct
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from aizen.errors import AizenError, TooLarge, Unreadable, UnsupportedMedia
from aizen.imaging import Limits, Rights
from aizen.imaging.inspection import inspect
from aizen.imaging.opening import orientation
from aizen.imaging.provenance import COMPOSITE, TRAINED
from aizen.imaging.stamping import stamped
from tests.images import marked

from .pictures import animation, jpeg_segment, jpeg_with, png_chunk, png_with, saved, scene, written
from .written import with_hole

LIMITS = Limits()
URI = b"http://cv.iptc.org/newscodes/digitalsourcetype/"


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes() + bytes(70_000)


def turned(number: int = 6) -> bytes:
    """EXIF with a turn, and with what is nobody's business."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = number, marked.TEXT
    exif.get_ifd(0x8825)[29] = marked.TEXT
    return exif.tobytes()


def prompted(data: bytes) -> bytes:
    """``data`` with what painters write into a PNG, before its pixels and behind them."""
    manifest, prompt = png_chunk(b"caBX", marked.MARK), png_chunk(b"tEXt", b"parameters\0" + marked.MARK)
    return data[:33] + manifest + prompt + data[33:-12] + prompt + png_chunk(b"tIME", bytes(7)) + data[-12:] + marked.MARK


def with_header(segment: bytes) -> bytes:
    """A JPEG that begins with ``segment`` in place of what Pillow begins it with."""
    data = saved(scene(200, 120), "JPEG")
    return data[:2] + segment + data[4 + int.from_bytes(data[4:6], "big") :]


def painted() -> dict[str, bytes]:
    """What painters send, in every way in which a picture is packed."""
    full = {"exif": turned(), "xmp": marked.XMP, "icc_profile": profile()}
    plain, hole, moving = scene(200, 120), with_hole(), animation(3)
    return {
        "jpeg": marked.jpeg(),
        "jpeg that says nothing": saved(plain, "JPEG"),
        "jpeg with profile and turn": saved(plain, "JPEG", comment=marked.MARK, **full),
        "jpeg in many scans": saved(plain, "JPEG", progressive=True, **full),
        "jpeg with restarts": saved(plain, "JPEG", restart_marker_blocks=2),
        "jpeg of inks": saved(scene(200, 120, "CMYK"), "JPEG", xmp=marked.XMP),
        "jpeg in red, green and blue": with_header(jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\0" + marked.MARK)),
        "jpeg with a thumbnail": with_header(jpeg_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1" + bytes((len(marked.MARK) // 3, 1)) + marked.MARK)),
        "jpeg with a manifest": jpeg_with(
            jpeg_segment(0xEB, b"JP\0\x01" + marked.MARK), b"\xff\xff" + jpeg_segment(0xFE, b""), image=plain
        ),
        "png": marked.png(),
        "png with palette": prompted(saved(plain.convert("P"), "PNG", transparency=3)),
        "png with profile and turn": prompted(saved(hole, "PNG", exif=turned(3), icc_profile=profile())),
        "png of 16 bits": saved(scene(60, 40, "I;16"), "PNG"),
        "webp": marked.webp(),
        "webp that says nothing": saved(plain, "WEBP"),
        "webp without loss": saved(hole, "WEBP", lossless=True, exact=True),
        "webp without loss or alpha": saved(plain, "WEBP", lossless=True),
        "webp with alpha, profile and turn": saved(hole, "WEBP", **full),
        "avif": saved(hole, "AVIF", exif=turned(), xmp=marked.XMP),
        "gif": marked.gif(),
        "moving png": saved(moving[0], "PNG", save_all=True, append_images=moving[1:]),
    }


def shown(data: bytes) -> tuple[tuple[int, int], bytes, bytes | None, int]:
    """Size and pixels, profile and turn of the first frame."""
    with Image.open(BytesIO(data)) as image:
        image.load()
        return image.size, image.convert("RGBA").tobytes(), image.info.get("icc_profile"), orientation(image)


def test_every_painter_s_picture_says_that_a_model_made_it_and_shows_the_same(tmp_path: Path) -> None:
    for name, data in painted().items():
        made = stamped(data, LIMITS)
        form = name.partition(" ")[0]
        if form in ("jpeg", "png", "webp"):
            assert shown(made) == shown(data), name
            assert made[:3] == data[:3], name
            assert shown(data)[3] > 1 or "turn" not in name
        else:
            with Image.open(BytesIO(data)) as image:
                image.load()
                # An AVIF's turn is in its pixels from here on.
                upright = image.transpose(Image.Transpose.ROTATE_270) if form == "avif" else image
                assert shown(made)[:2] == (upright.size, upright.convert("RGBA").tobytes()), name
                assert shown(made)[3] == 1
        picture = inspect(written(tmp_path, made), LIMITS)
        assert (picture.rights, picture.frames) == (Rights(digital_source_type=TRAINED), 1), name
        assert marked.MARK not in made, name
        assert made.count(URI + TRAINED.encode()) == 1
        assert stamped(made, LIMITS) == made, name
    # Decoders may go by the header, which a WebP that said nothing had none of.
    alpha = [bool(stamped(painted()[f"webp without loss{more}"], LIMITS)[20] & 0x10) for more in ("", " or alpha")]
    assert alpha == [True, False]
    composite = stamped(stamped(marked.jpeg(), LIMITS), LIMITS, source_type=COMPOSITE)
    assert inspect(written(tmp_path, composite), LIMITS).rights == Rights(digital_source_type=COMPOSITE)


def test_a_statement_of_the_painter_s_own_gives_way(tmp_path: Path) -> None:
    said = stamped(marked.png(), LIMITS, source_type="digitalCapture")
    told = stamped(said, LIMITS)
    assert inspect(written(tmp_path, told), LIMITS).rights == Rights(digital_source_type=TRAINED)
    assert b"digitalCapture" not in told


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_broken_container_is_unreadable_wherever_it_breaks(form: str) -> None:
    data = saved(scene(48, 32), form, exif=turned(), **({"xmp": marked.XMP} if form != "PNG" else {}))
    for end in range(12, len(data) - 1):
        with pytest.raises((Unreadable, UnsupportedMedia)):
            stamped(data[:end], LIMITS)
    chance = random.Random(7)
    for _ in range(2000):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(data))] = chance.randrange(256)
        try:
            made = stamped(bytes(broken), LIMITS)
        except AizenError:
            continue
        assert made.count(URI + TRAINED.encode()) == 1


def riff(*chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + sum(map(len, chunks))) + b"WEBP" + b"".join(chunks)


@pytest.mark.unmeasured
def test_hostile_containers_cost_no_time_and_say_what_they_are() -> None:
    """Whatever else the machine does: each takes seconds of the processor at most, and would take hours if the work grew by the square."""
    moving = animation(3)
    header = b"VP8X\x0a\0\0\0" + bytes(10)
    many = 9_000_000
    cases: tuple[tuple[bytes, type[AizenError]], ...] = (
        (b"\xff\xd8" + b"\xff" * many, Unreadable),
        (b"\xff\xd8\xff\xd9", Unreadable),
        (jpeg_with(b"\xff\xfe\0\2" * 30_000), Unreadable),
        (b"\xff\xd8" + jpeg_segment(0xDA, b"") + b"\xff\0" * (many // 2), Unreadable),
        (jpeg_with(b"\xff\xfe\0\0"), Unreadable),
        (jpeg_with(b"\xff\xfe\0\x01"), Unreadable),
        (jpeg_with(jpeg_segment(0xFE, b"") + b"garbage"), Unreadable),
        (png_with(png_chunk(b"tEXt", b"a")[:-1] + b"?"), Unreadable),
        (png_with(b"\xff\xff\xff\xffIDAT"), Unreadable),
        (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IEND", b""), Unreadable),
        (png_with(png_chunk(b"abCd", b"") * 30_000), Unreadable),
        (riff(), Unreadable),
        (riff(header), Unreadable),
        (riff(b"VP8X\x02\0\0\0\0\0", saved(scene(8, 8), "WEBP")[12:]), Unreadable),
        (riff(b"VP8 \0\0\0\0"), Unreadable),
        (riff(header, b"VP8 \xff\xff\xff\xff"), Unreadable),
        (riff(header, *[b"abcd\0\0\0\0"] * (many // 8)), Unreadable),
        (saved(moving[0], "WEBP", save_all=True, append_images=moving[1:]), Unreadable),
        (b"GIF89a" + bytes(20), Unreadable),
        (b"", Unreadable),
        (b"<svg/>", UnsupportedMedia),
        (bytes(LIMITS.max_bytes + 1), TooLarge),
    )
    for number, (data, error) in enumerate(cases):
        started = time.thread_time()
        try:
            stamped(data, LIMITS)
        except error:
            pass
        else:
            pytest.fail(f"number {number} was taken")
        assert time.thread_time() - started < 20, number
