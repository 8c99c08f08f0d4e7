"""The kinds of work: each has a name, a slow part, and what is said of its subject when it has failed for good.

``aizen.app`` registers them, so a package reaches a higher one by the name of a kind alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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


def _always(_owner_id: uuid.UUID, _adapters: Adapters) -> None:
    """Whoever may ask for such work may have it run again."""


def _at_once(settings: Settings) -> int:
    return settings.jobs_per_owner


def _not_measured(_subject_id: uuid.UUID) -> int:
    return 0


def _of_no_image(_subject_id: uuid.UUID) -> uuid.UUID | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Job:
    """How a kind of work is shown under /jobs to the user who has asked for it. Each hook is told the subject's id.

    ``result`` answers what finished work has brought, as JSON, or None where that is gone; ``progress`` how much of the work at hand is
    done, in percent; ``image_id`` the image that it is about. They read in a transaction that is open, and are asked often while somebody
    waits. ``cancel`` runs in the transaction that takes the item away, whether its work was still to be done, had failed or was done: then
    nothing is left of the order itself, while what it has brought as something of its own stays. ``scope`` is what such work is asked for
    with: whoever has it follows the work and calls it off, though they may not read or write images.
    """

    result: Callable[[uuid.UUID, Adapters], dict[str, Any] | None]
    cancel: Callable[[uuid.UUID, Adapters], None]
    progress: Callable[[uuid.UUID], int] = _not_measured
    image_id: Callable[[uuid.UUID], uuid.UUID | None] = _of_no_image
    scope: str | None = None


@dataclass(frozen=True)
class Kind:
    """``run`` does the slow part outside any transaction and answers what records it inside one.

    ``fail`` and ``progress`` (told ``working`` or ``pending``) run inside the transaction that changes the item, so that the subject's own
    status never says something else. ``again`` runs in one too: it makes all of the subject's failed work due, and answers whether there
    was any; where it is None, the item alone is made due. ``admit`` raises, in the transaction that would make failed work due again, where
    its owner may not have that now. ``seconds`` is the longest run. With a ``job``, users are shown its work.
    ``at_once`` is how many pieces of one owner are given to the workers at a time. One that ``is_slow`` waits for somebody outside so long
    that others must not wait for it in turn: workers come to it when nothing else waits. One that ``is_internal`` nobody has asked for: it
    is not told of to whoever asks how far the work on the subject is.
    """

    name: str
    run: Callable[[Lease, Adapters], Record]
    fail: Callable[[uuid.UUID, AizenError, Adapters], None]
    progress: Callable[[uuid.UUID, str], None] = _untold
    again: Callable[[uuid.UUID, Adapters], bool] | None = None
    seconds: Callable[[Settings], float] = _seconds
    admit: Callable[[uuid.UUID, Adapters], None] = _always
    job: Job | None = None
    at_once: Callable[[Settings], int] = _at_once
    is_slow: bool = False
    is_internal: bool = False


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Work items of this kind can be run in this process."""
    _kinds[kind.name] = kind


def names() -> list[str]:
    """The kinds that this process knows. A database may hold others: another release has been here."""
    return list(_kinds)


def jobs() -> dict[str, Job]:
    """The kinds whose work is shown to users, by name."""
    return {name: kind.job for name, kind in _kinds.items() if kind.job is not None}


def seconds_of(name: str, settings: Settings) -> float:
    """The longest run of one piece of work of that kind."""
    return _kinds[name].seconds(settings) if name in _kinds else settings.job_seconds


def at_once(name: str, settings: Settings) -> int:
    """How many pieces of work of that kind and one owner are given to the workers at a time."""
    return _kinds[name].at_once(settings) if name in _kinds else settings.jobs_per_owner


def slow() -> list[str]:
    """The kinds whose work waits until nothing else does."""
    return [name for name, kind in _kinds.items() if kind.is_slow]


def internal() -> list[str]:
    """The kinds whose work nobody has asked for."""
    return [name for name, kind in _kinds.items() if kind.is_internal]


def find(name: str) -> Kind:
    """The kind of that name. Raises KeyError for one that nobody registered."""
    return _kinds[name]
