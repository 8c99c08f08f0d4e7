"""Pictures whose metadata carries a mark in every place that a format has for it."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, PngImagePlugin

from tests.pictures import jpeg as plain_jpeg

MARK = b"ONLY-THE-OWNER-MAY-READ-THIS"
TEXT = MARK.decode()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>' + MARK + b"</rdf:RDF></x:xmpmeta>"
SIZE = (1100, 700)


def exif() -> bytes:
    """EXIF with a camera's owner, a comment and a place on Earth."""
    found = Image.Exif()
    found[0x010E] = found[0x013B] = found[0x8298] = TEXT
    found.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + MARK
    place = found.get_ifd(0x8825)
    place[1], place[2], place[3], place[4], place[29] = "N", (43.0, 11.0, 30.0), "W", (4.0, 50.0, 3.0), TEXT
    return found.tobytes()


def _picture(mode: str = "RGB") -> Image.Image:
    return Image.new(mode, SIZE, (70, 130, 180, 90) if mode == "RGBA" else (70, 130, 180))


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg() -> bytes:
    """A JPEG marked in EXIF, its thumbnail, XMP, IPTC, a comment, an unknown segment and after its end."""
    target = io.BytesIO()
    _picture().save(target, "JPEG", exif=exif(), comment=MARK, xmp=XMP)
    data = target.getvalue()
    thumbnail = b"JFXX\0\x10" + plain_jpeg(8, 8) + MARK
    more = _segment(0xE0, thumbnail) + _segment(0xED, b"Photoshop 3.0\08BIM\x04\x04\0\0" + MARK) + _segment(0xEB, MARK)
    return data[:2] + more + data[2:] + MARK


def png() -> bytes:
    """A PNG with alpha, marked in text of each kind, EXIF, an unknown chunk and after its end."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", TEXT)
    texts.add_text("Author", TEXT, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    target = io.BytesIO()
    _picture("RGBA").save(target, "PNG", pnginfo=texts, exif=exif())
    data = target.getvalue()
    chunk = b"maRk" + MARK
    return data[:33] + struct.pack(">I", len(MARK)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:] + MARK


def webp() -> bytes:
    target = io.BytesIO()
    _picture().save(target, "WEBP", exif=exif(), xmp=XMP)
    return target.getvalue()


def avif() -> bytes:
    target = io.BytesIO()
    _picture().save(target, "AVIF", exif=exif(), xmp=XMP, speed=10)
    return target.getvalue()


def gif() -> bytes:
    """An animation with a comment, and a mark after its end."""
    target = io.BytesIO()
    frames = [Image.new("RGB", (60, 40), (90 * number, 80, 160)) for number in range(3)]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0, comment=MARK)
    return target.getvalue() + MARK
