"""An image that is fetched from the address that its owner gave, in place of being sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Lock
from uuid import UUID

from aizen.adapters import Adapters
from aizen.errors import Unavailable
from aizen.settings import Settings
from aizen.web.uploads import CountedFile, Upload
from aizen.web.waiting import Share

_fetches = Share()
# Those who have a file fetched now.
_owners: set[UUID] = set()
_lock = Lock()


@contextmanager
def fetched(url: str, adapters: Adapters, *, owner_id: UUID) -> Iterator[Upload]:
    """The file at ``url``, arrived whole as one that is uploaded, and gone with the block.

    Raises what ``Fetcher.fetch`` raises, and Unavailable (fetches_busy) where enough threads of this process fetch already, or
    one does for this owner.
    """
    largest = adapters.settings.max_image_size
    with closing(CountedFile(largest)) as file:
        with _place(adapters.settings, owner_id):
            name = adapters.fetcher.fetch(url, largest=largest, into=file)
        file.seek(0)
        yield file.as_upload(name)


@contextmanager
def _place(settings: Settings, owner_id: UUID) -> Iterator[None]:
    # A quarter of the threads, whatever the servers do that they listen to: the others answer. And nobody has more than one of them,
    # or who names a few slow servers would keep everybody else out.
    with _lock:
        if owner_id in _owners or not _fetches.enter(most=max(1, settings.web_threads // 4)):
            wait = max(1, round(settings.fetch_seconds / 2))
            raise Unavailable("Too many images are being fetched now.", code="fetches_busy", retry_after=wait)
        _owners.add(owner_id)
    try:
        yield
    finally:
        with _lock:
            _owners.discard(owner_id)
            _fetches.leave()
