"""The clock: hints what is due, fails what has crashed too often, removes what belongs to nobody. Two of them do no harm."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.database import changed_rows, clock_ms, db, reading, transaction
from aizen.errors import AizenError, Final
from aizen.work import items, kinds, removals
from aizen.work.models import WorkItem

log = structlog.get_logger(__name__)

HINTS_A_TICK = 500
Sweep = Callable[[Adapters], int]


@dataclass(frozen=True)
class Tick:
    """What one tick has done, in numbers."""

    hinted: int
    failed: int
    removed: int
    swept: int


def tick(adapters: Adapters, *, sweeps: tuple[Sweep, ...] = ()) -> Tick:
    """All that was due at this moment is under way. An outage ends only the part that it hits."""
    return Tick(
        failed=_guarded("fail crashed work", _fail_crashed, adapters),
        hinted=_guarded("hint due work", _hint_due, adapters),
        removed=_guarded("remove objects", removals.drain, adapters),
        swept=sum(_guarded("sweep", sweep, adapters) for sweep in (removals.sweep_half_written, *sweeps)),
    )


def _guarded(name: str, part: Callable[[Adapters], int], adapters: Adapters) -> int:
    try:
        return part(adapters)
    except AizenError as error:
        log.warning("the clock could not do a part of its work", part=name, code=error.code)
    except Exception:
        # One broken row must not stop everything else that waits for the clock, at this tick and every later one.
        log.exception("the clock broke off a part of its work", part=name)
        db.session.rollback()
    return 0


def _fail_crashed(adapters: Adapters) -> int:
    """Items whose every attempt took its process down are failed: nobody is left to say so.

    So are those that wait for an attempt which a lowered JOB_ATTEMPTS does not allow any more.
    """
    over = sa.or_(sa.and_(WorkItem.state == "working", WorkItem.lease_until < clock_ms()), WorkItem.state == "pending")
    crashed = sa.and_(over, WorkItem.attempts >= adapters.settings.job_attempts, WorkItem.kind.in_(kinds.names()))
    with reading():
        found = list(db.session.execute(sa.select(WorkItem.id, WorkItem.kind, WorkItem.subject_id).where(crashed).limit(HINTS_A_TICK)))
    return sum(_fail_one(row.id, row.kind, row.subject_id, crashed, adapters) for row in found)


def _fail_one(item_id: uuid.UUID, kind: str, subject_id: uuid.UUID, crashed: sa.ColumnElement[bool], adapters: Adapters) -> int:
    error = Final("The work was broken off each time it was tried.", code="crashed")
    with transaction():
        failed = changed_rows(
            sa.update(WorkItem)
            .where(WorkItem.id == item_id, crashed)
            .values(state="failed", lease_token=None, lease_until=None, hinted_at=None, error_code=error.code, error_detail=error.detail)
        )
        if failed:
            items.tell_of_failure(item_id, kind, subject_id=subject_id, error=error, adapters=adapters)
            log.error("work failed", work_item=str(item_id), kind=kind, code=error.code)
    return failed


def _hint_due(adapters: Adapters) -> int:
    """No owner has more items of a kind with the workers than it allows ``at_once``, those at work among them; the oldest come first."""
    settings = adapters.settings
    at_work = sa.and_(WorkItem.state == "working", WorkItem.lease_until >= clock_ms())
    due = sa.or_(
        sa.and_(WorkItem.state == "pending", WorkItem.not_before <= clock_ms()),
        sa.and_(WorkItem.state == "working", WorkItem.lease_until < clock_ms(), WorkItem.attempts < settings.job_attempts),
    )
    # Whoever has a place keeps it.
    order = sa.case((at_work, 0), (WorkItem.hinted_at.is_not(None), 1), else_=2)
    place = sa.func.row_number().over(partition_by=(WorkItem.owner_id, WorkItem.kind), order_by=(order, WorkItem.id)).label("place")
    columns = (WorkItem.id, WorkItem.kind, WorkItem.hinted_at, WorkItem.attempts, at_work.label("is_at_work"), place)
    ranked = sa.select(*columns).where(sa.or_(at_work, due)).subquery()
    lost = sa.or_(ranked.c.hinted_at.is_(None), ranked.c.hinted_at < clock_ms() - int(settings.hint_seconds * 1000))
    share = _at_once(ranked.c.kind, adapters)
    oldest = sa.select(ranked.c.id, ranked.c.kind, ranked.c.attempts).where(~ranked.c.is_at_work, ranked.c.place <= share, lost)
    with reading():
        found = list(db.session.execute(oldest.order_by(ranked.c.id).limit(HINTS_A_TICK)))
    hinted = []
    for row in found:
        if not items.hint(row.id, adapters, kind=row.kind, attempt=row.attempts):
            break
        hinted.append(row.id)
    if hinted:
        with transaction():
            db.session.execute(sa.update(WorkItem).where(WorkItem.id.in_(hinted)).values(hinted_at=clock_ms()))
    return len(hinted)


def _at_once(kind: sa.ColumnElement[str], adapters: Adapters) -> sa.ColumnElement[int]:
    usual = adapters.settings.jobs_per_owner
    shares = {name: kinds.at_once(name, adapters.settings) for name in kinds.names()}
    others = [(kind == name, sa.literal(share)) for name, share in shares.items() if share != usual]
    return sa.case(*others, else_=usual) if others else sa.literal(usual)
