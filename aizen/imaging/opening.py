"""The one guarded way from a file to Pillow: everything that opens a picture goes through here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from PIL import AvifImagePlugin, GifImagePlugin, Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin

from aizen.errors import AizenError, Unreadable
from aizen.imaging import Limits, structure
from aizen.imaging.turns import Orientation

# Importing the plugins registers them, so that Pillow never imports the decoders of formats that are not taken.
_PLUGINS = (AvifImagePlugin, GifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_ORIENTATION_TAG = 0x0112

# Our own limits are checked before any decode; Pillow's would only add a warning to them.
Image.MAX_IMAGE_PIXELS = None
# dav1d starts a thread for each core, and the address space of their stacks would be counted against the memory limit.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

_TURNS: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@contextmanager
def decoding() -> Iterator[None]:
    """Whatever a decoder raises in here comes out as ``Unreadable``; its warnings go nowhere.

    Decoders raise nearly everything on hostile files: besides ``OSError`` and ``UnidentifiedImageError`` also ``ValueError``,
    ``RuntimeError``, ``IndexError``, ``KeyError``, ``TypeError``, ``SyntaxError``, ``EOFError`` and ``struct.error``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except AizenError:
        raise
    except MemoryError as error:
        raise Unreadable("Decoding this picture takes more memory than is allowed.", code="decode_out_of_memory") from error
    except Exception as error:
        raise Unreadable from error


@contextmanager
def opened(path: str, limits: Limits) -> Iterator[Image.Image]:
    """The picture at ``path``, open and within the limits, not yet decoded. ``path`` is opened once and only read."""
    with Path(path).open("rb") as file:
        structure.check(file.read(limits.max_bytes + 1), limits)
        file.seek(0)
        with _opened_file(file) as image:
            _bound(image, limits)
            yield image


@contextmanager
def opened_bytes(data: bytes, limits: Limits) -> Iterator[Image.Image]:
    """The picture in ``data``, open and within the limits, not yet decoded."""
    structure.check(data, limits)
    with _opened_file(BytesIO(data)) as image:
        _bound(image, limits)
        yield image


@contextmanager
def _opened_file(file: IO[bytes]) -> Iterator[Image.Image]:
    with decoding():
        image = Image.open(file, formats=_FORMATS)
    with image:
        yield image


def _bound(image: Image.Image, limits: Limits) -> None:
    structure.bound_pixels(*image.size, frames=frame_count(image), limits=limits)
    structure.bound_metadata(len(image.info.get("icc_profile") or b""), limits.max_metadata_bytes)


def frame_count(image: Image.Image) -> int:
    """How many frames the picture has; the further pictures of a phone's MPO are not frames."""
    with decoding():
        return 1 if image.format in ("JPEG", "MPO") else int(getattr(image, "n_frames", 1))


def shown_frames(image: Image.Image) -> range:
    """Which of the ``frame_count`` frames are seen.

    An APNG may carry a still for viewers that do not animate, which is no part of the animation. Where a single frame is all that follows
    it, there is no animation, and the still is the picture.
    """
    count = frame_count(image)
    if not image.info.get("default_image"):
        return range(count)
    return range(1, count) if count > 2 else range(1)


def orientation(image: Image.Image) -> Orientation:
    """The EXIF orientation (1 to 8) of ``image``; 1 where there is none, or none that can be read. Decodes what is no JPEG."""
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        # A PNG's EXIF may stand behind its pixels: Pillow would decode them while it looks for it, and a failure of that is none of EXIF.
        with decoding():
            image.load()
    try:
        with decoding():
            value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Unreadable:
        return 1
    return value if value in _TURNS else 1


def swaps_sides(turn: Orientation) -> bool:
    """Whether an upright picture is as wide as the stored one is tall."""
    return turn >= 5


def upright(image: Image.Image, turn: Orientation) -> Image.Image:
    """``image`` as its camera was held: ``turn`` is its EXIF orientation."""
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image
