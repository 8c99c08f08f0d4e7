"""One rendering for many equal requests of a process: who comes second waits for the first (single flight)."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from aizen.errors import Unavailable


def busy() -> Unavailable:
    """The error of whoever has waited long enough for somebody else's rendering."""
    return Unavailable("This picture is being rendered for somebody else right now. Try again.", code="render_under_way", retry_after=2)


class Flights:
    """Of the threads of this process that want one file, one at a time goes on; the others find the file when it has."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._flights: dict[Hashable, _Flight] = {}

    def has_landed(self, key: Hashable, *, seconds: float) -> bool:
        """Whether some thread was in ``alone`` with that key, and left it within so many seconds."""
        with self._lock:
            flight = self._flights.get(key)
        if flight is None or not flight.lock.acquire(timeout=seconds):
            return False
        flight.lock.release()
        return True

    @contextmanager
    def alone(self, key: Hashable, *, ends: float) -> Iterator[None]:
        """No other thread is in here with that key. Raises Unavailable when that is not so before ``ends``."""
        with self._lock:
            flight = self._flights.setdefault(key, _Flight())
            flight.wanted += 1
        try:
            if not flight.lock.acquire(timeout=max(0.0, ends - time.monotonic())):
                raise busy()
            try:
                yield
            finally:
                flight.lock.release()
        finally:
            with self._lock:
                flight.wanted -= 1
                if not flight.wanted:
                    del self._flights[key]


@dataclass
class _Flight:
    lock: Any = field(default_factory=Lock)
    wanted: int = 0
