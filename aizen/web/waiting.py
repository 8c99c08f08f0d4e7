"""``Prefer: wait`` (RFC 7240): an answer that is held until there is news; and the shares of the threads that may be held by anything."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from flask import Response, request

from aizen.web import adapters

POLL_SECONDS = 0.2
PREFER_HEADER = {
    "in": "header",
    "name": "Prefer",
    "schema": {"type": "string"},
    "example": "wait=10",
    "description": "Hold the answer for at most so many seconds, until there is news",
}
_WAIT = re.compile(r"(?:^|[,;]\s*)wait=(\d{1,4})(?:$|[,;\s])", re.IGNORECASE)
_Found = TypeVar("_Found")


def answer_with_news(find: Callable[[], _Found], show: Callable[[_Found], Response], *, is_settled: Callable[[_Found], bool]) -> Response:
    """The answer to a conditional GET, held for as long as the caller would wait and nothing is new to them.

    News is what does not have the ETag of If-None-Match, or without that header what is settled. ``show`` gives the answer its ETag.
    ``find`` is asked again and again, and holds no connection in between; what it raises ends the waiting.
    """
    found = find()
    answer = show(found)
    seconds = _seconds_asked_for()
    if seconds and _waits.enter(most=max(1, adapters().settings.web_threads // 4)):
        try:
            ends = time.monotonic() + seconds
            while not _is_news(answer, settled=is_settled(found)) and time.monotonic() < ends:
                time.sleep(POLL_SECONDS)
                found = find()
                answer = show(found)
        finally:
            _waits.leave()
        answer.headers["Preference-Applied"] = f"wait={int(seconds)}"
    answer.make_conditional(request)
    return answer


def _is_news(answer: Response, *, settled: bool) -> bool:
    if request.if_none_match:
        return not request.if_none_match.contains_weak(answer.get_etag()[0] or "")
    return settled


def _seconds_asked_for() -> float:
    """What the caller would wait, bounded; what cannot be read is left out of account, as the standard has it."""
    asked = _WAIT.search(request.headers.get("Prefer", ""))
    return min(float(asked[1]), adapters().settings.longest_wait_seconds) if asked else 0.0


class Share:
    """How many of this process's threads are held by one thing; the others are for whoever needs an answer now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    def enter(self, *, most: int) -> bool:
        """Whether one more thread is in: not where ``most`` of them are already. Whoever is in leaves once."""
        with self._lock:
            if self._inside >= most:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1


# One share for whatever is waited for: the threads are the same. At most a quarter of them wait.
_waits = Share()
