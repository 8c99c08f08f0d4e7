"""The passwords that are chosen most often, as digests in a sorted file: nothing is loaded before the first is looked up.

tests/workshop/common_passwords.py makes the file, and says of what.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("common_passwords.bin")
# Of ten thousand passwords that are not listed, one is taken for listed with a probability of 4 in ten million.
DIGEST_BYTES = 6


def digest(password: str) -> bytes:
    """What stands in the file for that folded password."""
    return hashlib.blake2b(password.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def is_listed(password: str) -> bool:
    """Whether that folded password is one of them."""
    listed, wanted = _listed(), digest(password)
    count = len(listed) // DIGEST_BYTES
    place = bisect_left(range(count), wanted, key=lambda index: _entry(listed, index))
    return place < count and _entry(listed, place) == wanted


def _entry(listed: bytes, index: int) -> bytes:
    return listed[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES]


@cache
def _listed() -> bytes:
    return FILE.read_bytes()
