"""Pixels to bytes, with the settings of each format, and nothing of the source but its pixels and what is said of its making."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image, PngImagePlugin

from aizen.imaging import Format

QUALITY = 80
MEZZANINE_QUALITY = 95
# libwebp and libjpeg write no longer side; WebP's is the smaller.
LONGEST_SIDE = 16383

# No `optimize` and no `progressive`: each makes libjpeg go through the picture twice, for a few per cent of the bytes.
# What renditions are made in; GIF and AVIF are read only.
_SETTINGS: dict[Format, dict[str, Any]] = {
    "jpeg": {"subsampling": "4:2:0", "progressive": False, "optimize": False},
    "webp": {"method": 4, "alpha_quality": 90},
    "png": {"compress_level": 6},
}


def encode(image: Image.Image, format: Format, *, quality: int = QUALITY, xmp: bytes = b"") -> bytes:  # noqa: A002
    """``image`` (L, LA, RGB or RGBA, in sRGB) as a JPEG, WebP or PNG; a JPEG has no alpha, which is laid on white.

    ``quality`` runs from 1 to 100 and says nothing to a PNG, which is written without loss. ``xmp`` is a packet that the file carries.
    """
    pixels = without_metadata(on_white(image) if format == "jpeg" else image)
    settings = _SETTINGS[format] if format == "png" else {**_SETTINGS[format], "quality": quality}
    if format == "jpeg" and quality >= MEZZANINE_QUALITY:
        settings["subsampling"] = "4:4:4"
    told = {"pnginfo": text_of(xmp)} if format == "png" else {"xmp": xmp}
    file = BytesIO()
    pixels.save(file, format.upper(), **settings, **told)
    return file.getvalue()


def text_of(xmp: bytes) -> PngImagePlugin.PngInfo:
    """The packet ``xmp`` as a PNG carries it; nothing, where it is empty."""
    text = PngImagePlugin.PngInfo()
    if xmp:
        text.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8"))
    return text


def without_metadata(image: Image.Image) -> Image.Image:
    """``image`` with an empty ``info``: Pillow would write a comment, a profile or a transparent colour that it finds there."""
    if not image.info:
        return image
    bare = image.copy()
    bare.info = {}
    return bare


def on_white(image: Image.Image) -> Image.Image:
    """``image`` without alpha, laid on white."""
    if image.mode not in ("LA", "RGBA"):
        return image
    ground = Image.new(image.mode.rstrip("A"), image.size, "white")
    ground.paste(image.convert(ground.mode), mask=image.getchannel("A"))
    return ground


def told_transparent(data: bytes) -> bytes:
    """``data``, an animated WebP, with the alpha bit of its VP8X header set.

    libwebp cuts a frame to what is visible of it, and then leaves the bit unset if no pixel inside the cut is transparent; decoders that go
    by the bit would show black around it.
    """
    flags = 20
    return data[:flags] + bytes([data[flags] | 0x10]) + data[flags + 1 :] if data[12:16] == b"VP8X" else data
