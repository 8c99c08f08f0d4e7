"""A storage that stumbles: whoever opens an object of it, or asks where it is, meets an error that nobody expected.

It logs an error of its own first, so that a process has two to report when it ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog

from aizen.adapters import Adapters
from aizen.storage import Storage

log = structlog.get_logger(__name__)

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJxdWlldCJ9.cXVpZXQtcml2ZXI"
# What an error might repeat of a request, of a setting, of a row.
SECRETS = (JWT, "quiet-signature", "quiet-password", "quiet@example.org", "quiet-local")
SAYS = f"Bearer {JWT} at /media/a?signature=quiet-signature for quiet@example.org, postgresql://aizen:quiet-password@db.example.org/aizen"


class Stumble(Exception):
    """Nobody expects it."""


class StumblingStorage:
    """The real storage, but for that."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def open(self, key: str) -> Any:
        password = "-".join(("quiet", "local"))
        log.error("about to stumble", exc_info=Stumble(SAYS))
        raise Stumble(f"{SAYS}, and {len(password)} more")

    def path(self, key: str) -> Any:
        return self.open(key)

    def address(self, key: str, **how: Any) -> Any:
        return self.open(key)


def stumbling(adapters: Adapters) -> Adapters:
    """The same adapters with such a storage."""
    return replace(adapters, storage=StumblingStorage(adapters.storage))
