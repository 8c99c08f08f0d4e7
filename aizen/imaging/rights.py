"""Who made a picture and who may use it: read out of any source, written into every file made of it, and nothing besides.

Sources: EXIF 2.32 (Artist, Copyright), XMP (ISO 16684-1) with Dublin Core and the IPTC Extension, IPTC-IIM 4.2 (2:80 and 2:116) and the
text keywords of PNG. Everything that is read is a stranger's: whatever is odd or too large counts as not there, and refuses no file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image

from aizen.errors import Unreadable
from aizen.imaging import Rights, xmp
from aizen.imaging.opening import decoding

LONGEST_TEXT = 500
ARTIST, COPYRIGHT = 0x013B, 0x8298
VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_TERM = re.compile(r"[A-Za-z]{1,60}")
# Before a text is looked at letter by letter. The longest that is kept is far below.
_LONGEST_RAW = 4000
# They turn the direction of whatever is written beside the text, or cannot stand in XML.
_UNWANTED = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff")
_IIM_RESOURCE = 0x0404
_IIM_BYLINE, _IIM_COPYRIGHT = (2, 80), (2, 116)


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """Rights as a file carries them; empty where there is nothing to say. ``exif`` is bare TIFF, ``xmp`` a packet in UTF-8."""

    exif: bytes = b""
    xmp: bytes = b""


def read(image: Image.Image) -> Rights | None:
    """The rights that the opened ``image`` states, or None where it states none.

    Each of them comes from the first place that has it: XMP, which is always Unicode, then EXIF, IPTC-IIM, and a PNG's texts. ``image``
    should be loaded (a PNG may say it behind its pixels); its pixels are not looked at. Never raises.
    """
    found = [_harmless(place, image) for place in (_from_xmp, _from_exif, _from_iim, _from_png_text)]
    rights = Rights(
        creator=next((one.creator for one in found if one.creator), None),
        copyright=next((one.copyright for one in found if one.copyright), None),
        digital_source_type=next((one.digital_source_type for one in found if one.digital_source_type), None),
    )
    return rights if rights != Rights() else None


def embedded(rights: Rights | None) -> Embedded:
    """``rights`` as EXIF and XMP, to be put into a file. The same rights give the same bytes."""
    if rights is None:
        return Embedded()
    creator, copyright_notice = plain(rights.creator), plain(rights.copyright)
    exif = Image.Exif()
    # Pillow would write a question mark for every letter outside ASCII; readers take the bytes for UTF-8, as the Metadata Working Group
    # advised and EXIF 3.0 has it.
    for tag, text in ((ARTIST, creator), (COPYRIGHT, copyright_notice)):
        if text:
            exif[tag] = text.encode("utf-8")
    packet = xmp.packet(creator=creator, rights=copyright_notice, source_type=_source_uri(rights.digital_source_type))
    return Embedded(exif=exif.tobytes().removeprefix(b"Exif\0\0") if len(exif) else b"", xmp=packet)


def plain(text: str | None) -> str | None:
    """``text`` in NFC, on one line, without control characters and turns of direction, at most 500 characters; None if none are left."""
    if not text:
        return None
    kept = "".join(character for character in text[:_LONGEST_RAW] if _is_plain(character))
    return " ".join(unicodedata.normalize("NFC", kept).split())[:LONGEST_TEXT].rstrip() or None


def _is_plain(character: str) -> bool:
    if character in _UNWANTED:
        return False
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cs")


def _harmless(place: Callable[[Image.Image], Rights], image: Image.Image) -> Rights:
    # Pillow raises nearly everything on broken metadata, as its decoders do on pixels.
    try:
        with decoding():
            return place(image)
    except Unreadable:
        return Rights()


def _rights(*, creator: str | None = None, copyright_notice: str | None = None, source_type: str | None = None) -> Rights:
    term = (source_type or "").strip().rstrip("/").rpartition("/")[2]
    return Rights(creator=plain(creator), copyright=plain(copyright_notice), digital_source_type=term if _TERM.fullmatch(term) else None)


def _source_uri(term: str | None) -> str | None:
    return VOCABULARY + term if term and _TERM.fullmatch(term) else None


def _from_xmp(image: Image.Image) -> Rights:
    packet = image.info.get("xmp")
    if not isinstance(packet, bytes):
        return Rights()
    found = xmp.read(packet)
    return _rights(creator=", ".join(found.creators), copyright_notice=found.rights, source_type=found.source_type)


def _from_exif(image: Image.Image) -> Rights:
    tags = image.getexif()
    artist, notice = _exif_text(tags.get(ARTIST)), _exif_text(tags.get(COPYRIGHT))
    # The photographer's notice, a NUL and the editor's; a blank stands for the one that is missing.
    parts = [part.strip() for part in notice.split("\0")]
    return _rights(creator=artist.partition("\0")[0], copyright_notice="; ".join(part for part in parts if part))


def _exif_text(value: object) -> str:
    if isinstance(value, str):
        # Pillow reads every text as Latin-1, in which no byte is lost.
        value = value[:_LONGEST_RAW].encode("latin-1", "replace")
    return _decoded(value[:_LONGEST_RAW]) if isinstance(value, bytes) else ""


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _from_iim(image: Image.Image) -> Rights:
    resources = image.info.get("photoshop")
    data = resources.get(_IIM_RESOURCE) if isinstance(resources, dict) else None
    if not isinstance(data, bytes):
        return Rights()
    datasets = list(_iim_datasets(data))
    bylines, notices = (
        [_decoded(body[:_LONGEST_RAW]) for number, body in datasets if number == wanted] for wanted in (_IIM_BYLINE, _IIM_COPYRIGHT)
    )
    return _rights(creator=", ".join(bylines[:LONGEST_TEXT]), copyright_notice="".join(notices[:1]))


def _iim_datasets(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    position = 0
    while data[position : position + 1] == b"\x1c" and position + 5 <= len(data):
        size = int.from_bytes(data[position + 3 : position + 5], "big")
        # An extended dataset, whose length is that of its length: no text of a line or two needs one.
        if size & 0x8000:
            return
        yield (data[position + 1], data[position + 2]), data[position + 5 : position + 5 + size]
        position += 5 + size


def _from_png_text(image: Image.Image) -> Rights:
    if image.format != "PNG":
        return Rights()
    author, notice = (value if isinstance(value := image.info.get(key), str) else None for key in ("Author", "Copyright"))
    return _rights(creator=author, copyright_notice=notice)
