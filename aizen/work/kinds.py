"""The kinds of work: each has a name, a slow part, and what is said of its subject when it has failed for good.

``aizen.app`` registers them, so a package reaches a higher one by the name of a kind alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from aizen.adapters import Adapters
from aizen.errors import AizenError
from aizen.settings import Settings


@dataclass(frozen=True)
class Lease:
    """The right to work on an item until the lease ends; ``token`` proves it when the result is recorded."""

    item_id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    owner_id: uuid.UUID
    token: uuid.UUID
    attempts: int
    request_id: str | None


Record = Callable[[], None]


def _untold(_subject_id: uuid.UUID, _state: str) -> None:
    """The subject's status does not tell pending work from work at hand."""


def _seconds(settings: Settings) -> float:
    return settings.job_seconds


@dataclass(frozen=True)
class Kind:
    """``run`` does the slow part outside any transaction and answers what records it inside one.

    ``fail`` and ``progress`` (told ``working`` or ``pending``) run inside the transaction that changes the item, so that the subject's own
    status never says something else. ``again`` runs in one too: it makes all of the subject's failed work due, and answers whether there
    was any; where it is None, the item alone is made due. ``seconds`` is the longest run.
    """

    name: str
    run: Callable[[Lease, Adapters], Record]
    fail: Callable[[uuid.UUID, AizenError, Adapters], None]
    progress: Callable[[uuid.UUID, str], None] = _untold
    again: Callable[[uuid.UUID, Adapters], bool] | None = None
    seconds: Callable[[Settings], float] = _seconds


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Work items of this kind can be run in this process."""
    _kinds[kind.name] = kind


def names() -> list[str]:
    """The kinds that this process knows. A database may hold others: another release has been here."""
    return list(_kinds)


def seconds_of(name: str, settings: Settings) -> float:
    """The longest run of one piece of work of that kind."""
    return _kinds[name].seconds(settings) if name in _kinds else settings.job_seconds


def find(name: str) -> Kind:
    """The kind of that name. Raises KeyError for one that nobody registered."""
    return _kinds[name]
