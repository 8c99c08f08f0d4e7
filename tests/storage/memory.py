"""A storage in a dictionary, for tests that are not about storage. The contract tests hold it to what the real ones do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from aizen.errors import AizenError, NotFound
from aizen.storage import StoredObject, checked_key, checked_prefix


class MemoryStorage:
    """Keeps objects until it is garbage; ``will_fail(error)`` makes every verb raise it until ``will_work()``."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[bytes, datetime]] = {}
        self._failure: AizenError | None = None

    def will_fail(self, error: AizenError) -> None:
        self._failure = error

    def will_work(self) -> None:
        self._failure = None

    def put(self, key: str, content: BinaryIO | bytes, *, media_type: str, cache_control: str | None = None) -> None:
        self._ready(key)
        if not isinstance(content, bytes):
            content.seek(0)
            content = content.read()
        self._objects[key] = (content, datetime.now(UTC))

    def open(self, key: str) -> BinaryIO:
        return BytesIO(self._bytes(key))

    def delete(self, key: str) -> None:
        self._ready(key)
        self._objects.pop(key, None)

    def withdraw(self, folder: str) -> bool:
        self._ready(folder)
        for key in [each for each in self._objects if each.startswith(f"{folder}/")]:
            del self._objects[key]
        return True

    def size(self, key: str) -> int:
        return len(self._bytes(key))

    def path(self, key: str) -> Path | None:
        self._ready(key)
        return None

    def address(self, key: str, *, seconds: int, media_type: str, disposition: str) -> str | None:
        self._ready(key)
        return None

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        checked_prefix(prefix)
        self.check()
        for key, (content, modified_at) in list(self._objects.items()):
            if key.startswith(prefix):
                yield StoredObject(key=key, bytes=len(content), modified_at=modified_at)

    def check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def sweep_incoming(self, *, older_than_seconds: float = 3600) -> int:
        self.check()
        return 0

    def _ready(self, key: str) -> None:
        checked_key(key)
        self.check()

    def _bytes(self, key: str) -> bytes:
        self._ready(key)
        if key not in self._objects:
            raise NotFound
        return self._objects[key][0]
