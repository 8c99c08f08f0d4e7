"""What a file says of itself, read and bounded before any decoder sees it.

The type is told by content. Whatever a decoder would spend without asking (an animation's frames, a JPEG's scans, packed text, the canvas
that libwebp allocates on opening) is counted here by walking the container. Sources: ITU-T T.81, the PNG specification (third edition),
GIF89a, the WebP container specification, ISO/IEC 14496-12 and 23000-22.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from struct import Struct, unpack_from

from aizen.errors import TooLarge, Unreadable, UnsupportedMedia
from aizen.imaging import MEDIA_TYPES, Format, Limits

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Pillow unpacks no larger text or profile of a PNG, whatever the setting.
PNG_CHUNK_BYTES = 1024 * 1024
# libwebp's animation decoder, which Pillow uses for stills too, holds two canvases; the frame is copied out of them twice more.
WEBP_BYTES_PER_PIXEL = 20

# Without a `+` on the fill bytes: a run of them would be read again from each of its bytes.
_MARKER = re.compile(rb"\xff([^\x00\xff])")
_AFTER_SCAN = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
_PNG_CHUNK = Struct(">I4s")
# What stands before the packed part: keyword and method, and for international text also language and translated keyword.
_PNG_TEXT_START = {
    b"zTXt": re.compile(rb"[^\x00]*\x00\x00"),
    b"iCCP": re.compile(rb"[^\x00]*\x00\x00"),
    b"iTXt": re.compile(rb"[^\x00]*\x00\x01\x00[^\x00]*\x00[^\x00]*\x00"),
}
_RIFF_CHUNK = Struct("<4sI")


def check(data: bytes, limits: Limits) -> Format:
    """The format of ``data``, whose container stays within the limits.

    Raises ``UnsupportedMedia`` for what is not on the list, ``TooLarge`` for a limit, ``Unreadable`` for nothing or a broken container.
    """
    if not data:
        raise Unreadable("The file is empty.", code="empty_file")
    if len(data) > limits.max_bytes:
        raise TooLarge(f"The file has more than {limits.max_bytes} bytes.", limit=limits.max_bytes)
    found = identify(data)
    if found is None:
        allowed = tuple(MEDIA_TYPES.values())
        raise UnsupportedMedia("Only JPEG, PNG, GIF, WebP and AVIF pictures are taken.", code="unsupported_image_type", allowed=allowed)
    if walk := _WALKS.get(found):
        walk(data, limits)
    return found


def identify(data: bytes) -> Format | None:
    """The format that the first bytes show, or None for one that is not taken."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(PNG_SIGNATURE):
        return "png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    return "avif" if _is_avif(data) else None


def bound_pixels(width: int, height: int, *, frames: int, limits: Limits) -> None:
    """Nothing, where the picture stays within the limits on frames and pixels; ``TooLarge`` otherwise."""
    if frames > limits.max_frames:
        raise TooLarge(f"The picture has more than {limits.max_frames} frames.", code="too_many_frames", limit=limits.max_frames)
    if width * height * frames > limits.max_pixels:
        detail = f"The picture has more than {limits.max_pixels} pixels, all frames counted."
        raise TooLarge(detail, code="too_many_pixels", limit=limits.max_pixels)


def bound_metadata(size: int, limit: int) -> None:
    """Nothing, where ``size`` bytes of profile and text stay within ``limit``; ``TooLarge`` otherwise."""
    if size > limit:
        raise TooLarge(f"The picture's colour profile and texts have more than {limit} bytes.", code="metadata_too_large", limit=limit)


def _is_avif(data: bytes) -> bool:
    if data[4:8] != b"ftyp":
        return False
    brands = data[8 : min(int.from_bytes(data[:4], "big"), 512)]
    return bool({b"avif", b"avis"} & {brands[at : at + 4] for at in range(0, len(brands), 4)})


def _walk_jpeg(data: bytes, limits: Limits) -> None:
    scans = metadata = 0
    for marker, segment in _jpeg_segments(data):
        if marker == 0xDA:
            scans += 1
        elif marker == 0xFE or (marker == 0xE2 and data.startswith(b"ICC_PROFILE\0", segment.start)):
            metadata += len(segment)
        if scans > limits.max_scans:
            raise TooLarge(f"The JPEG has more than {limits.max_scans} scans.", code="too_many_scans", limit=limits.max_scans)
        bound_metadata(metadata, limits.max_metadata_bytes)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, range]]:
    position, pattern = 2, _MARKER
    while found := pattern.search(data, position):
        marker, position = found[1][0], found.end()
        if marker == 0xD9:
            return
        if marker in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        yield marker, range(position + 2, position + length)
        position += max(length, 2)
        # Restart markers and stuffed bytes belong to the entropy-coded data after a scan's header.
        pattern = _AFTER_SCAN if marker == 0xDA else _MARKER


def _walk_png(data: bytes, limits: Limits) -> None:
    metadata, position = 0, len(PNG_SIGNATURE)
    while position + _PNG_CHUNK.size <= len(data):
        length, kind = _PNG_CHUNK.unpack_from(data, position)
        if kind == b"IEND":
            return
        body = data[position + 8 : position + 8 + length] if kind in (b"tEXt", *_PNG_TEXT_START) else b""
        size = _unpacked_size(kind, body, most=min(limits.max_metadata_bytes, PNG_CHUNK_BYTES))
        bound_metadata(size, PNG_CHUNK_BYTES)
        metadata += size
        bound_metadata(metadata, limits.max_metadata_bytes)
        position += length + 12
    raise Unreadable("The file ends before the picture does.")


def _unpacked_size(kind: bytes, body: bytes, *, most: int) -> int:
    start = _PNG_TEXT_START[kind].match(body) if kind in _PNG_TEXT_START else None
    if start is None:
        return len(body)
    try:
        return start.end() + len(zlib.decompressobj().decompress(body[start.end() :], most + 1))
    except zlib.error:
        return len(body)


def _walk_gif(data: bytes, limits: Limits) -> None:
    width, height, flags = unpack_from("<HHB", data.ljust(13, b"\0"), 6)
    position = 13 + _color_table(flags)
    frames = metadata = 0
    while position < len(data) and (introducer := data[position]) != 0x3B:
        if introducer == 0x2C:
            left, top, across, down, flags = unpack_from("<4HB", data[position + 1 : position + 10].ljust(9, b"\0"))
            # A frame that reaches over the screen enlarges it.
            width, height, frames = max(width, left + across), max(height, top + down), frames + 1
            bound_pixels(width, height, frames=frames, limits=limits)
            position, _ = _after_blocks(data, position + 11 + _color_table(flags))
        elif introducer == 0x21:
            position, size = _after_blocks(data, position + 2)
            metadata += size
            bound_metadata(metadata, limits.max_metadata_bytes)
        else:
            position += 1


def _color_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, position: int) -> tuple[int, int]:
    start = position
    while position < len(data):
        size = data[position]
        position += size + 1
        if not size:
            return position, position - start
    raise Unreadable("The file ends before the picture does.")


def _walk_webp(data: bytes, limits: Limits) -> None:
    position, frames, metadata = 12, 0, 0
    while position + _RIFF_CHUNK.size <= len(data):
        kind, size = _RIFF_CHUNK.unpack_from(data, position)
        frames += kind == b"ANMF"
        metadata += size if kind in (b"ICCP", b"XMP ") else 0
        bound_metadata(metadata, limits.max_metadata_bytes)
        if kind in WEBP_SIZES:
            width, height = WEBP_SIZES[kind](data[position + 8 : position + 18].ljust(10, b"\0"))
            bound_pixels(width, height, frames=1, limits=limits)
            _bound_webp(width, height, limits)
        bound_pixels(1, 1, frames=frames, limits=limits)
        position += 8 + size + size % 2


def _bound_webp(width: int, height: int, limits: Limits) -> None:
    most = limits.memory_bytes // WEBP_BYTES_PER_PIXEL
    if width * height > most:
        detail = f"The WebP has more than {most} pixels: decoding it holds the picture several times, more than DECODE_MEMORY allows."
        raise TooLarge(detail, code="webp_too_large", limit=most)


def _vp8_size(body: bytes) -> tuple[int, int]:
    width, height = unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _vp8l_size(body: bytes) -> tuple[int, int]:
    bits = int.from_bytes(body[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _vp8x_size(body: bytes) -> tuple[int, int]:
    return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1


WEBP_SIZES: dict[bytes, Callable[[bytes], tuple[int, int]]] = {b"VP8 ": _vp8_size, b"VP8L": _vp8l_size, b"VP8X": _vp8x_size}
# libavif reads sizes and frames without decoding, so an AVIF is bounded once it is open.
_WALKS: dict[Format, Callable[[bytes, Limits], None]] = {"jpeg": _walk_jpeg, "png": _walk_png, "gif": _walk_gif, "webp": _walk_webp}
