"""Pictures for the tests, made here so that each says in its code what is odd about it, and the means to compare pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
PHOTOS = CORPUS.parent / "photos"


@dataclass(frozen=True)
class Sample:
    """One row of the corpus' manifest."""

    path: Path
    expect: str


def corpus() -> Iterator[Sample]:
    for line in (CORPUS / "MANIFEST.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        name, _, _, expect, _ = line.split("\t")
        yield Sample(CORPUS / name, expect)


def photo(name: str) -> Path:
    path = PHOTOS / name
    if not path.exists():
        pytest.skip(f"the photographs are not here: likeness and memory are not checked on {name}")
    return path


def sample(name: str) -> Path:
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"the corpus of pictures is not here: {name} is not checked")
    return path


def scene(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Four coloured quarters, a gradient and a circle: every turn, flip and swap of channels shows."""
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for index, color in enumerate(("#c03020", "#20a040", "#2050c0", "#e0c030")):
        left, top = index % 2 * width // 2, index // 2 * height // 2
        draw.rectangle((left, top, left + width // 2, top + height // 2), fill=color)
    draw.ellipse((width // 8, height // 8, width // 3, height // 3), fill="#f0f0f0")
    image.paste(Image.linear_gradient("L").resize((max(1, width // 5), height)), (width * 3 // 5, 0))
    return image.convert(mode)


def saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def written(folder: Path, data: bytes, name: str = "picture") -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def opened(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as image:
        image.load()
        return image.copy()


def pixels(image: Image.Image, mode: str = "RGB") -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(image.convert(mode), dtype=np.float64)


def psnr(one: Image.Image, other: Image.Image, mode: str = "RGB") -> float:
    """The likeness of two pictures of one size in decibels: 30 looks alike, 48 cannot be told apart."""
    error = float(np.mean((pixels(one, mode) - pixels(other, mode)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


def structural_similarity(one: Image.Image, other: Image.Image) -> float:
    """The mean structural similarity (Wang et al. 2004) of two pictures' brightness, over windows of 8 × 8 pixels 4 apart."""
    x, y = (pixels(image, "L") for image in (one, other))
    mean_x, mean_y = _means(x), _means(y)
    # Of whole numbers: nothing is lost in the differences.
    variance_x, variance_y = _means(x * x) - mean_x**2, _means(y * y) - mean_y**2
    covariance = _means(x * y) - mean_x * mean_y
    small, large = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = (2 * mean_x * mean_y + small) * (2 * covariance + large)
    similarity /= (mean_x**2 + mean_y**2 + small) * (variance_x + variance_y + large)
    return float(similarity.mean())


def _means(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The mean of each window, which is four blocks of 4 × 4: to sum those first takes a quarter of the time and of the memory."""
    down, across = (length // 4 for length in values.shape)
    blocks = values[: down * 4, : across * 4].reshape(down, 4, across, 4).sum(axis=(1, 3))
    return np.asarray((blocks[:-1, :-1] + blocks[1:, :-1] + blocks[:-1, 1:] + blocks[1:, 1:]) / 64)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(chunk: bytes, image: Image.Image | None = None) -> bytes:
    """A PNG with ``chunk`` after its header."""
    data = saved(image or scene(40, 30), "PNG")
    return data[:33] + chunk + data[33:]


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg_with(*segments: bytes, image: Image.Image | None = None, **options: Any) -> bytes:
    """A JPEG with ``segments`` after its start."""
    data = saved(image or scene(40, 30), "JPEG", **options)
    return data[:2] + b"".join(segments) + data[2:]


def animation(count: int = 3, size: tuple[int, int] = (64, 48)) -> list[Image.Image]:
    frames = []
    for index in range(count):
        frame = Image.new("RGB", size, "#203040")
        ImageDraw.Draw(frame).rectangle((index * 10, 8, index * 10 + 8, 24), fill="#f0a000")
        frames.append(frame)
    return frames


def swapped_profile() -> bytes:
    """sRGB with red and green exchanged: whoever ignores it shows the wrong colour beyond all doubt."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    # Its description must not claim to be the sRGB that needs no conversion.
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))


def cmyk_profile() -> bytes:
    """A profile of four inks (ICC.1:2010, lut8Type with two grid points): each is paler than it is taken for without one."""
    ramp = bytes(range(256))
    grid = bytearray()
    for inks in range(16):
        cyan, magenta, yellow, black = (inks >> bit & 1 for bit in (3, 2, 1, 0))
        # Lab in 8 bits: a and b are neutral at 128.
        light = 255 - 40 * (cyan + magenta) - 10 * yellow - 120 * black
        grid += bytes([light, 128 - 40 * cyan + 60 * magenta, 128 - 40 * cyan + 80 * yellow])
    unity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + unity + ramp * 4 + bytes(grid) + ramp * 3
    start = 128 + 4 + 12
    header = struct.pack(">I4sI4s4s4s12x4s", start + len(table), b"none", 0x02400000, b"prtr", b"CMYK", b"Lab ", b"acsp")
    white = struct.pack(">3i", 63190, 65536, 54061)
    header = header.ljust(68, b"\0") + white
    return header.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", start, len(table)) + table
