"""The files that transformations made, kept within TRANSFORM_CACHE_BYTES: the least recently used go, and are made again when wanted."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.database import changed_rows, db, reading, transaction, utc_now
from aizen.errors import NotFound
from aizen.images.models import DerivedFile, Image
from aizen.work import removals

# To add up a million rows takes the database some 0.4 s: once a minute that is under a hundredth of one of its cores.
ADDING_UP_SECONDS = 60.0
FILES_A_TICK = 500
# Room is made for a while, and not for the next file alone.
SHARE_LEFT = 0.9


class CacheBudget:
    """A sweep of the clock. It remembers how much is over the budget, and adds up anew once a minute: another clock may have been at it."""

    def __init__(self, *, adding_up_seconds: float = ADDING_UP_SECONDS, files_a_tick: int = FILES_A_TICK) -> None:
        self._adding_up_seconds = adding_up_seconds
        self._files_a_tick = files_a_tick
        self._added_up_at: float | None = None
        self._excess = 0

    def __call__(self, adapters: Adapters) -> int:
        """How many files have gone."""
        now = time.monotonic()
        if self._added_up_at is None or now - self._added_up_at >= self._adding_up_seconds:
            self._excess = _excess(adapters, is_under_way=self._excess > 0)
            self._added_up_at = now
        if self._excess <= 0:
            return 0
        count, size = evict(self._excess, adapters, limit=self._files_a_tick)
        self._excess -= size
        return count


def _excess(adapters: Adapters, *, is_under_way: bool) -> int:
    """By how many bytes the files are to become less; none, or less than none, as long as they are within the budget.

    Once it ``is_under_way`` it goes on below the budget.
    """
    budget = adapters.settings.transform_cache_bytes
    if not budget:
        return 0
    with reading():
        total = int(db.session.scalar(sa.select(sa.func.coalesce(sa.func.sum(DerivedFile.bytes), 0))) or 0)
    target = int(budget * SHARE_LEFT)
    return total - target if is_under_way or total > budget else 0


@dataclass(frozen=True)
class _File:
    id: uuid.UUID
    image_id: uuid.UUID
    key: str
    bytes: int
    used_on: date


def evict(excess: int, adapters: Adapters, *, limit: int = FILES_A_TICK) -> tuple[int, int]:
    """How many files have gone, and how many bytes they had: as many of the ``limit`` least recently used as it takes for ``excess`` bytes.

    On a local disk, whoever sends a file without a question to the database leaves the day in the file's time of access; it is looked at
    before anything goes. S3 keeps no such time, and there the oldest go.
    """
    going: list[_File] = []
    used_since: dict[date, list[_File]] = {}
    for each in _least_used(limit, adapters):
        day = _last_access(each, adapters)
        if day is not None and day > each.used_on:
            used_since.setdefault(day, []).append(each)
            continue
        going.append(each)
        excess -= each.bytes
        if excess <= 0:
            break
    return _carry_out(going, used_since, adapters)


def _least_used(limit: int, adapters: Adapters) -> list[_File]:
    # An id grows with the time of its making.
    order = (DerivedFile.id,) if adapters.settings.storage == "s3" else (DerivedFile.used_on, DerivedFile.id)
    columns = (DerivedFile.id, DerivedFile.image_id, DerivedFile.key, DerivedFile.bytes, DerivedFile.used_on)
    with reading():
        return [_File(*row) for row in db.session.execute(sa.select(*columns).order_by(*order).limit(limit))]


def _last_access(file: _File, adapters: Adapters) -> date | None:
    """The day, in UTC and not after today, on which the disk says that the file was last read; None where no disk says anything."""
    try:
        path = adapters.storage.path(file.key)
        if path is None:
            return None
        return min(datetime.fromtimestamp(path.stat().st_atime, UTC), utc_now()).date()
    except (NotFound, FileNotFoundError):
        return None


def _carry_out(going: Sequence[_File], used_since: dict[date, list[_File]], adapters: Adapters) -> tuple[int, int]:
    """The rows of those that go are gone and the objects with the next tick; those that were used since then say so.

    Nobody is waited for, and nobody who changes or deletes an image meets us half-way: files of an image that is in use wait for the next
    tick, and whoever wants one of the others waits for this transaction.
    """
    if not going and not used_since:
        return 0, 0
    ids = {file.image_id for files in (going, *used_since.values()) for file in files}
    with transaction():
        free = sa.select(Image.id).where(Image.id.in_(ids)).with_for_update(skip_locked=True, key_share=True)
        held = DerivedFile.image_id.in_(list(db.session.scalars(free)))
        for day, files in used_since.items():
            late = sa.and_(DerivedFile.id.in_([file.id for file in files]), DerivedFile.used_on < day)
            changed_rows(sa.update(DerivedFile).where(late, held).values(used_on=day))
        if not going:
            return 0, 0
        # Not one that somebody has wanted since it was looked at.
        unused = DerivedFile.used_on <= max(file.used_on for file in going)
        gone = sa.delete(DerivedFile).where(DerivedFile.id.in_([file.id for file in going]), unused, held)
        found = list(db.session.execute(gone.returning(DerivedFile.key, DerivedFile.bytes)))
        removals.remove([row.key for row in found], adapters.settings)
    return len(found), sum(row.bytes for row in found)
