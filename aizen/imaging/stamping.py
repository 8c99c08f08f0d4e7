"""A painter's picture as Aizen keeps it: the file says that a model has made it, and nothing else that its painter has written into it.

Pixels are copied as they are packed. A container is written anew from those of its parts that have a bearing on what is seen; names,
prompts, comments, thumbnails and manifests, which a changed file would belie, stay behind. Sources: ITU-T T.81, JFIF 1.02, the PNG
specification (third edition), the WebP container specification and XMP part 3 (ISO 16684-3).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from struct import Struct, pack
from typing import TypeVar

from PIL import Image

from aizen.errors import Unreadable
from aizen.imaging import Format, Limits, Rights, structure
from aizen.imaging.colors import direct
from aizen.imaging.opening import decoding, opened_bytes, orientation, upright
from aizen.imaging.provenance import TRAINED
from aizen.imaging.rights import embedded

_ORIENTATION_TAG = 0x0112
_XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_EXIF = b"Exif\0\0"

# Ten times what an encoder makes of the largest upload; each of them takes its microseconds.
_MOST_PARTS = 20_000
Part = TypeVar("Part")
# Without a way back: a run of fill bytes is passed over once.
_MARKER = re.compile(rb"\xff++([^\x00\xff])")
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SCAN, _END = 0xDA, 0xD9
# Frame headers, tables, scans, restart intervals and the like.
_JPEG_NEEDED = frozenset((*range(0xC0, 0xD0), *range(0xDA, 0xE0)))
_JFIF_BYTES, _ADOBE_BYTES = 12, 12
_PNG_CHUNK = Struct(">I4s")
# Without those of an animation: what is left of one is the still that it shows to viewers that do not animate.
_PNG_NEEDED = frozenset(
    (
        *(b"PLTE", b"IDAT", b"IEND", b"tRNS", b"bKGD", b"pHYs"),
        *(b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"mDCV", b"cLLI", b"sBIT"),
    )
)
_RIFF_CHUNK = Struct("<4sI")
_WEBP_PICTURE = frozenset((b"VP8 ", b"VP8L"))
_WEBP_NEEDED = _WEBP_PICTURE | {b"ICCP", b"ALPH"}
_WEBP_ICC, _WEBP_ALPHA, _WEBP_EXIF, _WEBP_XMP = 0x20, 0x10, 0x08, 0x04
_WEBP_HEADER_BYTES = 10


def stamped(data: bytes, limits: Limits, *, source_type: str = TRAINED) -> bytes:
    """The still of ``data`` in a file whose only statement is its ``source_type``; colour profile and orientation are kept.

    JPEG, PNG and WebP keep every byte of their pixels, and nothing is decoded; what is packed otherwise becomes a PNG of the first frame.
    The same bytes give the same file. Whether its pixels can be decoded is for ``inspect`` to say. Raises ``Unreadable`` for a broken
    container or an animated WebP, and whatever ``structure.check`` raises: for a file beyond the limits, or of a format that is not taken.
    """
    found = structure.check(data, limits)
    packet = embedded(Rights(digital_source_type=source_type)).xmp
    write = _CONTAINERS.get(found)
    return write(data, packet) if write else _png(_as_png(data, limits), packet)


def _bounded(parts: Iterator[Part]) -> Iterator[Part]:
    for number, part in enumerate(parts):
        if number >= _MOST_PARTS:
            raise Unreadable(f"The file has more than {_MOST_PARTS} parts.")
        yield part


def _turn(exif: bytes) -> bytes:
    """EXIF (bare TIFF) that tells the orientation that ``exif`` tells, and nothing else; empty where it tells none."""
    try:
        with decoding():
            told = Image.Exif()
            told.load(exif)
            value = told.get(_ORIENTATION_TAG)
    except Unreadable:
        return b""
    if not isinstance(value, int) or value not in range(2, 9):
        return b""
    kept = Image.Exif()
    kept[_ORIENTATION_TAG] = value
    return kept.tobytes().removeprefix(_EXIF)


# -- JPEG


def _jpeg(data: bytes, packet: bytes) -> bytes:
    header, turn, kept = b"", b"", bytearray()
    has_scan = False
    for marker, body, scan in _bounded(_segments(data)):
        has_scan = has_scan or marker == _SCAN
        if marker == 0xE0 and body.startswith(b"JFIF\0") and len(body) >= _JFIF_BYTES:
            # Without its thumbnail.
            header = _segment(marker, body[:_JFIF_BYTES] + b"\0\0")
        elif marker == 0xE1 and body.startswith(_EXIF):
            turn = turn or _turn(body.removeprefix(_EXIF))
        elif marker == 0xEE and body.startswith(b"Adobe"):
            # It says in which colours the picture is packed.
            kept += _segment(marker, body[:_ADOBE_BYTES])
        elif marker in _JPEG_NEEDED or (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0")):
            kept += _segment(marker, body) + scan
    if not has_scan:
        raise Unreadable("The JPEG has no picture in it.")
    told = (_segment(0xE1, _EXIF + turn) if turn else b"") + _segment(0xE1, _XMP_SEGMENT + packet)
    return b"\xff\xd8" + header + told + kept + b"\xff\xd9"


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The marker and the body of each segment, and of a scan the packed pixels that follow its header."""
    position = 2
    while found := _MARKER.match(data, position):
        marker, start = found[1][0], found.end()
        if marker == _END:
            return
        length = int.from_bytes(data[start : start + 2], "big")
        end = position = start + length
        if length < 2 or end > len(data):
            break
        if marker == _SCAN:
            following = _AFTER_SCAN.search(data, end)
            position = following.start() if following else len(data)
        yield marker, data[start + 2 : end], data[end:position]
    raise Unreadable("The file ends before the picture does.")


def _segment(marker: int, body: bytes) -> bytes:
    return pack(">BBH", 0xFF, marker, len(body) + 2) + body


# -- PNG


def _png(data: bytes, packet: bytes) -> bytes:
    turn, before, kept = b"", b"", bytearray()
    for kind, body in _bounded(_chunks(data)):
        if not before:
            if kind != b"IHDR":
                raise Unreadable("The PNG does not begin with its header.")
            before = _chunk(kind, body)
        elif kind == b"eXIf":
            turn = turn or _turn(body)
        elif kind in _PNG_NEEDED:
            kept += _chunk(kind, body)
    told = (_chunk(b"eXIf", turn) if turn else b"") + _chunk(b"iTXt", _XMP_KEYWORD + bytes(5) + packet)
    return structure.PNG_SIGNATURE + before + told + kept


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(structure.PNG_SIGNATURE)
    while position + _PNG_CHUNK.size <= len(data):
        length, kind = _PNG_CHUNK.unpack_from(data, position)
        start, end = position + _PNG_CHUNK.size, position + _PNG_CHUNK.size + length
        body, position = data[start:end], end + 4
        if position > len(data):
            break
        if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(data[end:position], "big"):
            raise Unreadable("A part of the PNG is not what its checksum says.")
        yield kind, body
        if kind == b"IEND":
            return
    raise Unreadable("The file ends before the picture does.")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return _PNG_CHUNK.pack(len(body), kind) + body + zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big")


def _as_png(data: bytes, limits: Limits) -> bytes:
    file = BytesIO()
    with opened_bytes(data, limits) as image:
        turn, profile = orientation(image), image.info.get("icc_profile")
        with decoding():
            image.load()
            pixels = upright(direct(image), turn)
    pixels.info = {}
    pixels.save(file, "PNG", icc_profile=profile)
    return file.getvalue()


# -- WebP


def _webp(data: bytes, packet: bytes) -> bytes:
    header, turn, kept, kinds = b"", b"", bytearray(), set()
    for kind, body in _bounded(_riff_chunks(data)):
        kinds.add(kind)
        if kind == b"VP8X":
            header = body[:_WEBP_HEADER_BYTES]
        elif kind == b"EXIF":
            turn = turn or _turn(body.removeprefix(_EXIF))
        elif kind in _WEBP_NEEDED:
            header = header or _header(kind, body)
            kept += _riff_chunk(kind, body)
    if len(header) != _WEBP_HEADER_BYTES or not kinds & _WEBP_PICTURE:
        raise Unreadable("The WebP has no still in it.")
    flags = header[0] & (_WEBP_ICC | _WEBP_ALPHA) | _WEBP_XMP | (_WEBP_EXIF if turn else 0)
    told = (_riff_chunk(b"EXIF", turn) if turn else b"") + _riff_chunk(b"XMP ", packet)
    body = b"WEBP" + _riff_chunk(b"VP8X", bytes([flags]) + header[1:]) + kept + told
    return _RIFF_CHUNK.pack(b"RIFF", len(body)) + body


def _header(kind: bytes, body: bytes) -> bytes:
    """The body of the header that a WebP must have as soon as it says anything, made for one that is nothing but its picture."""
    if kind not in _WEBP_PICTURE or len(body) < _WEBP_HEADER_BYTES:
        return b""
    width, height = structure.WEBP_SIZES[kind](body)
    if not width or not height:
        return b""
    flags = _WEBP_ALPHA if kind == b"VP8L" and body[4] & 0x10 else 0
    return bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end, position = 8 + int.from_bytes(data[4:8], "little"), 12
    if end > len(data):
        raise Unreadable("The file ends before the picture does.")
    while position + _RIFF_CHUNK.size <= end:
        kind, size = _RIFF_CHUNK.unpack_from(data, position)
        start = position + _RIFF_CHUNK.size
        if start + size > end:
            raise Unreadable("The file ends before the picture does.")
        yield kind, data[start : start + size]
        position = start + size + size % 2


def _riff_chunk(kind: bytes, body: bytes) -> bytes:
    return _RIFF_CHUNK.pack(kind, len(body)) + body + bytes(len(body) % 2)


_CONTAINERS: dict[Format, Callable[[bytes, bytes], bytes]] = {"jpeg": _jpeg, "png": _png, "webp": _webp}
