"""What a process remembers for a while, in a bounded room."""

from __future__ import annotations

import time
from collections import OrderedDict
from hashlib import blake2b
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """At most ``most`` values, each until its time is over; those that were used longest ago make room."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._values: OrderedDict[bytes, tuple[Value, float]] = OrderedDict()

    def keep(self, *key: object, value: Value, seconds: float) -> None:
        """The value is found under that key for so long, if there is room."""
        digest = _digest(key)
        with self._lock:
            self._values[digest] = value, time.monotonic() + seconds
            self._values.move_to_end(digest)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def find(self, *key: object) -> Value | None:
        """What was kept under that key, if its time is not over."""
        digest = _digest(key)
        with self._lock:
            found = self._values.get(digest)
            if found is None:
                return None
            if time.monotonic() >= found[1]:
                del self._values[digest]
                return None
            self._values.move_to_end(digest)
            return found[0]


def _digest(key: tuple[object, ...]) -> bytes:
    # An address has up to eight kilobytes, and whoever sends it may choose them.
    return blake2b("\n".join(map(str, key)).encode("utf-8", "replace"), digest_size=16).digest()
