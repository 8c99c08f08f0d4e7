"""The words of a text, as search compares them: without case and accents, the same on every database.

No database's own idea of a word is asked for: PostgreSQL's parser and SQLite's tokenizers would each find something else.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST_WORD = 64
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
# The accents of alphabets. Marks of other scripts are vowels and tones, and stay.
_ACCENTS = frozenset(map(chr, range(0x0300, 0x0370)))
# Scripts that write no spaces: each of their characters is a word, and what somebody looks for is a phrase of them.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3041, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True)
class Word:
    """A folded word, and where it stands in the text: ``text[start:end]``."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """``text`` without case, accents and differences of mere form (Unicode NFKD, full case folding)."""
    return "".join(map(_folded, text))


def words_of(text: str) -> list[Word]:
    """The words of ``text`` in their order: runs of letters, digits and their marks; single characters in scripts without spaces."""
    if text.isascii():
        # Most texts, and then the same in a tenth of the time.
        return [Word(run[0].lower()[:LONGEST_WORD], run.start(), run.end()) for run in _ASCII_WORD.finditer(text)]
    found: list[Word] = []
    letters: list[str] = []
    start = end = 0
    # The sign at the end ends the last word.
    for index, character in enumerate(text + "."):
        for folded in _folded(character):
            kind = _kind(folded)
            begins = kind == "alone" or (kind == "word" and bool(letters) and _kind(letters[0]) == "alone")
            if letters and (begins or kind == "other"):
                found.append(Word("".join(letters)[:LONGEST_WORD], start, end))
                letters = []
            if kind == "other" or (kind == "mark" and not letters):
                continue
            start = start if letters else index
            end = index + 1
            letters.append(folded)
    return found


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    return "".join(each for each in plain if each not in _ACCENTS)


@lru_cache(maxsize=8192)
def _kind(character: str) -> str:
    if unicodedata.category(character).startswith("M"):
        return "mark"
    if not character.isalnum():
        return "other"
    return "alone" if any(first <= ord(character) <= last for first, last in _UNSPACED) else "word"


def is_one_character(word: str) -> bool:
    """Whether ``word`` is a single character, of a script without spaces or not: too little to be the beginning of others."""
    return len(word) < 2 or _kind(word[0]) == "alone"
