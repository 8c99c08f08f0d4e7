"""When two spellings of a name are the same name."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """What is equal for two texts exactly when they are a compatibility caseless match (Unicode 3.13, D146), written as NFKC."""
    once = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", once.casefold()))
