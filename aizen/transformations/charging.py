"""What one request may have rendered: a share of the threads, and of what its caller may have made."""

from __future__ import annotations

import uuid
from types import TracebackType

from aizen.errors import Unavailable
from aizen.settings import Settings
from aizen.web import limits
from aizen.web.limits import Cost
from aizen.web.waiting import Share

_renderings = Share()


class Bill:
    """A request's ``rendering.Terms``. It holds its thread's place among the renderings until it is closed (``with``).

    Everything is charged once, however often the plan is made anew: with ``saves`` as an upload too. Who is refused as busy has not been
    charged. Without a user the address that asks is charged alone.
    """

    def __init__(self, user_id: uuid.UUID | None, *, saves: bool, settings: Settings) -> None:
        self._user = None if user_id is None else str(user_id)
        self._saves = saves
        self._settings = settings
        self._is_inside = False
        self._megapixels = 0

    def __enter__(self) -> Bill:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._is_inside:
            _renderings.leave()
            self._is_inside = False

    def enter(self) -> None:
        """The request is one of those that render, or wait for it. Raises Unavailable (renderer_busy) where these are enough."""
        if self._is_inside:
            return
        if not _renderings.enter(most=most_renderings(self._settings)):
            wait = max(1, round(self._settings.transform_seconds / 2))
            raise Unavailable("Too many pictures are being rendered now.", code="renderer_busy", retry_after=wait)
        self._is_inside = True

    def charge(self, megapixels: int) -> None:
        """So much is counted as this request has not been counted as yet. Raises TooMany, and counts nothing."""
        limits.admit_all(self.costs(megapixels))
        self._saves = False
        self._megapixels = max(self._megapixels, megapixels)

    def costs(self, megapixels: int) -> list[Cost]:
        """What ``charge`` would count, if that were to be charged now."""
        return [*self._as_upload(), *self._as_pixels(megapixels - self._megapixels)]

    def _as_upload(self) -> list[Cost]:
        return [Cost("upload", self._user)] if self._saves and self._user is not None else []

    def _as_pixels(self, megapixels: int) -> list[Cost]:
        # The last to be told is the caller's own.
        windows = (("transform_address", limits.client()), ("transform", self._user))
        return [Cost(name, key, megapixels) for name, key in windows if key is not None] if megapixels > 0 else []


def most_renderings(settings: Settings) -> int:
    """How many threads of one process render or wait for it: half of them, so that the others answer; and no more than there is room for.

    So whoever is in finds a child of the renderer, or a place before it: it is never busy once they have been charged.
    """
    return max(1, min(settings.web_threads // 2, settings.transform_processes + settings.transform_waiting))
