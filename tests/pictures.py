"""Small pictures that tests upload, and where the large ones are."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def photo(name: str) -> Path:
    """The photograph of that name; the test is skipped, loudly, where the photographs are not."""
    path = SHARED / "photos" / name
    if not path.exists():
        pytest.skip(f"NOT CHECKED: the photograph {name} is not beside the checkout in ../shared/photos")
    return path


def jpeg(width: int = 64, height: int = 48, *, color: str = "steelblue") -> bytes:
    return _encoded(Image.new("RGB", (width, height), color), "JPEG")


def png(width: int = 64, height: int = 48, *, color: str = "#80c04080") -> bytes:
    """A PNG with an alpha channel."""
    return _encoded(Image.new("RGBA", (width, height), color), "PNG")


def gif(frames: int = 3) -> bytes:
    """An animation of plain frames."""
    pages = [Image.new("RGB", (40, 30), (60 * number, 80, 160)) for number in range(frames)]
    target = io.BytesIO()
    pages[0].save(target, "GIF", save_all=True, append_images=pages[1:], duration=100, loop=0)
    return target.getvalue()


def noise(width: int, height: int) -> bytes:
    """A PNG that takes about three bytes for each pixel."""
    return _encoded(Image.frombytes("RGB", (width, height), random.Random(7).randbytes(3 * width * height)), "PNG")


def jpeg_of_bytes(size: int) -> bytes:
    """A JPEG of exactly ``size`` bytes: comment segments after SOI fill it up."""
    whole = jpeg()
    missing = size - len(whole)
    filling = b""
    while missing:
        step = min(missing, 65535 + 2)
        if 0 < missing - step < 4:
            step -= 4
        filling += b"\xff\xfe" + (step - 2).to_bytes(2, "big") + b"\0" * (step - 4)
        missing -= step
    return whole[:2] + filling + whole[2:]


def _encoded(image: Image.Image, form: str) -> bytes:
    target = io.BytesIO()
    image.save(target, form)
    return target.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes whose header tells of that many pixels, none of which follow."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
