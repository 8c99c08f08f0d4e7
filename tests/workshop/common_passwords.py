"""Writes the list of common passwords: `python -m tests.workshop.common_passwords`.

It is made of the ranked list of zxcvbn (MIT license), a dependency of development only.
"""

from __future__ import annotations

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from aizen.auth.common_passwords import FILE, digest
from aizen.auth.folding import fold
from aizen.auth.passwords import SHORTEST


def words() -> list[str]:
    """The folded passwords of the list that nothing else refuses: long enough, and not only digits."""
    return [fold(word) for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST and not word.isdigit()]


def content() -> bytes:
    """What the file has to hold."""
    return b"".join(sorted({digest(word) for word in words()}))


if __name__ == "__main__":
    FILE.write_bytes(content())
