"""Files for the tests, written by the real encoders and read back, and pictures that cost something to pack."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageSequence

from aizen.imaging import Encoding, OutputFormat, Rights
from aizen.imaging.writing import Written, write, write_animation

from .pictures import scene

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
