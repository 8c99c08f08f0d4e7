"""The font of texts in pictures, and what it can show."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import bidirectional, category

from font_source_sans_pro import font_files_ttf
from PIL import ImageFont, features

from aizen.errors import Unavailable

# Pixels. Fonts of other sizes are made of this one.
MEASURED_AT = 64
# Pillow's own font has a hundred signs, and none with an accent.
_OWN_FONT: str = font_files_ttf["SourceSansProSemibold"]
# A noncharacter (Unicode, § 23.7): what a font shows for it is what it shows for everything that it does not know.
_UNKNOWN = "\uffff"


@lru_cache(maxsize=4)
def face(path: str | None) -> ImageFont.FreeTypeFont:
    """The TrueType or OpenType font at ``path``; Source Sans Pro when None, which knows Latin, Greek and Cyrillic.

    Raises ``Unavailable`` (font_unreadable).
    """
    try:
        found = ImageFont.truetype(path or _OWN_FONT, MEASURED_AT)
    except OSError as error:
        raise Unavailable("The font for watermarks cannot be read.", code="font_unreadable") from error
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


def knows(font: ImageFont.FreeTypeFont, character: str) -> bool:
    """Whether ``font`` has a sign for it."""
    return _glyph(font, character) != _glyph(font, _UNKNOWN)


def is_intricate(character: str) -> bool:
    """Whether it is written from right to left or joined to another: drawn one after the other, such signs are not what was written."""
    return bidirectional(character) in ("R", "AL", "AN") or category(character).startswith("M")


def lays_out_the_intricate() -> bool:
    """Whether this machine has the libraries that such signs need."""
    return bool(features.check("raqm") and features.check("fribidi"))


@lru_cache(maxsize=1024)
def _glyph(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    # Without a layout engine each character is looked up as it is.
    mask = _plain(font).getmask(character, "L")
    return mask.size, bytes(mask)


@lru_cache(maxsize=4)
def _plain(font: ImageFont.FreeTypeFont) -> ImageFont.FreeTypeFont:
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)
