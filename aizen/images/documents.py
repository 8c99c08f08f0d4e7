"""What the index of words holds of an image: a part for its owner, of all that is said of it, and one for everybody, if it is public.

Owner and tags are words of the document too, written so that no text can hold them: then the index itself joins them, and somebody with
fifty images pays for fifty. So are the words that everybody may find it by. They are the same words with a mark before each, so that what
nobody else is told of an image cannot be guessed by searching for it.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from aizen.images.models import GAP, PART, Image, ListedImage
from aizen.images.words import fold, words_of

# A tsvector holds 255 places of a word, and no place after the 16,383rd; a gap counts twice.
MOST_OF_A_WORD = 250
MOST_WORDS = 8_000
_OWNER = "§"
_TAG = "‡"
# Before each word that everybody may find an image by.
PUBLIC = "¤"
# The word that all public images have.
EVERYBODY = PUBLIC + _OWNER


def fields_of(image: Image | ListedImage) -> Iterator[tuple[str, str]]:
    """Every text that an image is found by, with its name in the API, the most telling first."""
    yield "title", image.title
    yield "alt", image.alt
    yield "description", image.description
    for tag in image.tags:
        yield "tags", tag
    yield "ai.description", image.ai_description or ""
    yield "ai.alt", image.ai_alt or ""
    for tag in image.ai_tags or []:
        yield "ai.tags", tag
    yield "prompt", image.prompt or ""
    yield "file_name", image.file_name


def public_fields_of(image: Image | ListedImage) -> Iterator[tuple[str, str]]:
    """Those of them that everybody is told, once the image is public: the owner's own words about the picture."""
    yield "title", image.title
    yield "alt", image.alt if image.alt_status == "approved" else ""
    yield "description", image.description
    for tag in image.tags:
        yield "tags", tag


def document_of(image: Image) -> list[str]:
    """All words of the image in their order, its owner's and its tags' among them.

    What PostgreSQL would not count is left out for SQLite too: a gap stands in its place.
    """
    document = _part(owner_word(image.owner_id, in_trash=image.trashed_at is not None), fields_of(image))
    if image.visibility == "public":
        document += [PART, *_part(EVERYBODY, public_fields_of(image), mark=PUBLIC)]
    return document


def _part(first: str, fields: Iterable[tuple[str, str]], *, mark: str = "") -> list[str]:
    part = [first, GAP]
    for name, text in fields:
        part += [mark + tag_word(text), GAP] if name.endswith("tags") else []
        part += [*(mark + word.text for word in words_of(text)), GAP]
    seen: Counter[str] = Counter()
    for at, word in enumerate(part[:MOST_WORDS]):
        seen[word] += 1
        if seen[word] > MOST_OF_A_WORD:
            part[at] = GAP
    return part[:MOST_WORDS]


def place_of(moment: datetime, image_id: uuid.UUID | None = None) -> int:
    """Where an image of that moment stands among all: microseconds since 1970, and ten bits of its id. Without one, before all of it.

    What lies some three centuries off, where only a search or a made-up cursor may ask for it, stands at the end of 64 bits.
    """
    microseconds = int(moment.timestamp()) * 1_000_000 + moment.microsecond
    place = (microseconds << 10) + (image_id.int & 1023 if image_id else 0)
    return max(-(1 << 63), min(place, (1 << 63) - 1))


def owner_word(owner_id: uuid.UUID, *, in_trash: bool = False) -> str:
    """The word that the owner's images have, and nobody else's. Those in the trash have another, which begins with it.

    So a search in one of the two places looks at no row for that, and one in both has the owner's word for a beginning.
    """
    return f"{_OWNER}{owner_id.hex}{'trash' if in_trash else ''}"


def tag_word(tag: str) -> str:
    """``tag`` as one word: what is neither letter nor digit in ASCII, which SQLite would part it at, has a stand-in."""
    return _TAG + "".join(each if each.isalnum() or not each.isascii() else chr(0x2400 + ord(each)) for each in fold(tag))
