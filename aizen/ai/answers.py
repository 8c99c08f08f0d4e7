"""A description as the rest of Aizen may hold it: plain text of bounded length, whatever a model sent."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from aizen.ai.usage import Usage
from aizen.errors import Final

DESCRIPTION_LIMIT = 500
ALT_LIMIT = 150
TAG_LIMIT = 40
TAGS_LIMIT = 10

_Kind = TypeVar("_Kind")

# Bounds of the work that one hostile answer can cause; honest answers stay far below them.
_RAW_TEXT_LIMIT = 20_000
_RAW_TAGS_LIMIT = 200

# Controls, format characters (the bidi overrides and the invisible "tag" letters are among them), lone surrogates, private use.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
# Zero-width (non-)joiners are of category Cf too, and Persian, Hindi and many emoji are misspelt without them.
_JOINERS = frozenset("\u200c\u200d")
# Models that think aloud do so in front of their answer.
_THOUGHTS = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
# Letters by category, blank on every screen.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")


@dataclass(frozen=True)
class Answer:
    """What a describer said of one picture, and who said it."""

    description: str
    """At most 500 characters of plain text; never empty."""
    alt: str
    """At most 150 characters of plain text; never empty."""
    tags: tuple[str, ...]
    """At most 10, lower-case, each different and of at most 40 characters."""
    provider: str
    model: str
    usage: Usage | None = None
    """What it has used up, as far as the provider tells it."""


def bounded(*, description: str, alt: str, tags: Iterable[str], provider: str, model: str, usage: Usage | None = None) -> Answer:
    """Hostile text has become an ``Answer``: plain, visible, cut at a word.

    Markup is kept as the text that it is: whoever shows it escapes it. Either sentence stands in for the other when that one is missing.
    Raises ``Final`` (``empty_answer``) when there is neither.
    """
    long = _plain(description)
    short = _plain(alt)
    if not (long or short):
        raise Final("The provider answered without a description.", code="empty_answer")
    return Answer(
        description=_cut(long or short, DESCRIPTION_LIMIT),
        alt=_cut(short or long, ALT_LIMIT),
        tags=_tags(tags),
        provider=provider,
        model=model,
        usage=usage,
    )


def read_answer(text: str, *, provider: str, model: str, usage: Usage | None = None) -> Answer:
    """The JSON that a model wrote has become an ``Answer``.

    Expected is an object with ``description`` and ``alt`` (strings) and ``tags`` (a list of strings); other members are ignored,
    absent ones count as empty. It may stand in a fence of Markdown, into which some models put it whatever they are asked for.
    Raises ``Final``: ``malformed_answer`` for anything else, ``empty_answer`` when nothing is said.
    """
    if not text.strip():
        raise Final("The provider answered without a description.", code="empty_answer")
    try:
        # Not strict: models do write line breaks into strings, and those are removed below anyway.
        answer = json.loads(_unfenced(text), strict=False)
    except (ValueError, RecursionError):
        raise Final("The provider's answer is not JSON.", code="malformed_answer") from None
    if not isinstance(answer, dict):
        raise _wrong_shape()
    tags = _member(answer, "tags", list, [])
    return bounded(
        description=_member(answer, "description", str, ""),
        alt=_member(answer, "alt", str, ""),
        tags=(tag for tag in tags if isinstance(tag, str)),
        provider=provider,
        model=model,
        usage=usage,
    )


def _unfenced(text: str) -> str:
    text = _THOUGHTS.sub("", text).strip()
    if not (text.startswith("```") and text.endswith("```")):
        return text
    _fence_and_language, _, rest = text.partition("\n")
    return rest.removesuffix("```")


def _member(answer: dict[str, object], name: str, kind: type[_Kind], absent: _Kind) -> _Kind:
    value = answer.get(name)
    if value is None:
        return absent
    if not isinstance(value, kind):
        raise _wrong_shape()
    return value


def _wrong_shape() -> Final:
    return Final("The provider's answer does not have the shape that was asked for.", code="malformed_answer")


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text[:_RAW_TEXT_LIMIT])
    text = "".join(" " if character.isspace() else character for character in text if character.isspace() or _is_shown(character))
    return " ".join(text.split()) if any(map(_has_shape, text)) else ""


def _is_shown(character: str) -> bool:
    if character in _JOINERS:
        return True
    if character in _FILLERS or "\U000e0100" <= character <= "\U000e01ef" or ord(character) & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(character) not in _HIDDEN_CATEGORIES


def _has_shape(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = text[:limit]
    at = head.rfind(" ")
    # A "word" that fills half of the room is none: scripts without spaces, or a wall of letters.
    end = at if at >= limit // 2 else limit - 1
    return head[:end].rstrip(" ,;:–—-\u200c\u200d") + "…"


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    # Commas part tags wherever people type them, so a tag never holds one.
    words = (word for tag in islice(tags, _RAW_TAGS_LIMIT) for word in _plain(tag).split(","))
    folded = (unicodedata.normalize("NFC", word.strip(" #").lower()) for word in words)
    # What is longer than a tag may be is a sentence: half of it would not be a tag either.
    fitting = (word for word in folded if len(word) <= TAG_LIMIT and any(map(str.isalnum, word)))
    return tuple(islice(dict.fromkeys(fitting), TAGS_LIMIT))
