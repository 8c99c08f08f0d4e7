"""Work items: put off in the transaction that needs them, claimed under a lease, finished or failed by whoever holds it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.database import after_commit, changed_rows, clock_ms, db, new_id, transaction, upsert, utc_now
from aizen.errors import AizenError, NotFound, OutOfSpace, TryAgain, Unavailable
from aizen.queue import HintLost
from aizen.settings import Settings
from aizen.work import kinds
from aizen.work.kinds import Lease
from aizen.work.models import WorkItem

log = structlog.get_logger(__name__)

# A provider may ask for hours; a picture must be described or failed while somebody still waits for it.
LONGEST_RETRY_SECONDS = 120.0


class LeaseLost(Exception):
    """The lease has passed to somebody else, or the item is gone: nothing of this attempt may be recorded."""


@dataclass(frozen=True)
class ItemState:
    """What a user is told of one piece of work."""

    kind: str
    state: str
    attempts: int
    error_code: str | None
    error_detail: str | None


def put_off(kind: str, *, subject_id: uuid.UUID, owner_id: uuid.UUID, adapters: Adapters, waiting: bool = False) -> uuid.UUID:
    """The open transaction has a new piece of work, whose id is answered, and a worker will hear of it once it stands.

    A ``waiting`` item is not due before ``release``. An owner who has as many hinted items of the kind as it allows ``at_once`` gets no
    further hint for now: the next follows when one is finished, so that one user's thousand uploads do not stand before another's one.
    """
    item_id = new_id()
    hinted = False if waiting else _has_room(kind, owner_id, adapters.settings)
    db.session.execute(
        sa.insert(WorkItem).values(
            id=item_id,
            kind=kind,
            subject_id=subject_id,
            owner_id=owner_id,
            state="waiting" if waiting else "pending",
            attempts=0,
            not_before=clock_ms(),
            hinted_at=clock_ms() if hinted else None,
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
            created_at=utc_now(),
        )
    )
    if hinted:
        after_commit(lambda: _hint_or_note(item_id, adapters, kind=kind))
    return item_id


def hold(*subject_ids: uuid.UUID) -> None:
    """Until the open transaction ends, nobody else finishes, fails or withdraws a piece of work on these subjects, or puts off another.

    Whoever needs several of them locks them in this order, and the subjects' rows after them.
    """
    db.session.execute(sa.select(WorkItem.id).where(WorkItem.subject_id.in_(subject_ids)).order_by(WorkItem.id).with_for_update())


def ensure(kind: str, *, subject_id: uuid.UUID, owner_id: uuid.UUID, adapters: Adapters, waiting: bool = False) -> bool:
    """Whether the open transaction has made the subject's piece of that kind due again, or a first one; False where it is under way."""
    settled = WorkItem.state.in_(("done", "failed"))
    if _make_due(settled, kind=kind, subject_id=subject_id, adapters=adapters, waiting=waiting):
        return True
    if db.session.scalar(sa.select(WorkItem.id).where(WorkItem.kind == kind, WorkItem.subject_id == subject_id)) is not None:
        return False
    put_off(kind, subject_id=subject_id, owner_id=owner_id, adapters=adapters, waiting=waiting)
    return True


def ensure_alike(kind: str, *, subject_id: uuid.UUID, owner_id: uuid.UUID, adapters: Adapters, unless: sa.ColumnElement[bool]) -> None:
    """As ``ensure``, but where ``unless`` holds nothing is put off that did not fail; by one statement and one hint in any case.

    So neither how much there is to do nor how long it takes tells anything of the subject. A hint for work that is not due is for nobody.
    """
    fresh: dict[str, Any] = {
        "state": sa.literal("pending"),
        "attempts": sa.literal(0),
        "not_before": clock_ms(),
        "hinted_at": clock_ms(),
        "request_id": sa.literal(structlog.contextvars.get_contextvars().get("request_id"), WorkItem.request_id.type),
    }
    first: dict[str, Any] = {
        "id": sa.literal(new_id(), WorkItem.id.type),
        "kind": sa.literal(kind),
        "subject_id": sa.literal(subject_id, WorkItem.subject_id.type),
        "owner_id": sa.literal(owner_id, WorkItem.owner_id.type),
        "created_at": sa.literal(utc_now(), WorkItem.created_at.type),
        **fresh,
    }
    has_failed = sa.exists().where(WorkItem.kind == kind, WorkItem.subject_id == subject_id, WorkItem.state == "failed")
    statement = upsert(WorkItem).from_select(list(first), sa.select(*first.values()).where(sa.or_(~unless, has_failed)))
    again = {**fresh, "error_code": None, "error_detail": None}
    settled = WorkItem.state.in_(("done", "failed"))
    put = statement.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=again, where=settled).returning(WorkItem.id)
    item_id: uuid.UUID = db.session.scalar(put) or new_id()
    after_commit(lambda: _hint_or_note(item_id, adapters, kind=kind))


def release(kind: str, *, subject_id: uuid.UUID, adapters: Adapters) -> None:
    """The waiting item is due now; where there is none, nothing happens."""
    _make_due(WorkItem.state == "waiting", kind=kind, subject_id=subject_id, adapters=adapters)


def run_again(kind: str, *, subject_id: uuid.UUID, adapters: Adapters, waiting: bool = False) -> bool:
    """Whether a failed item was there; it is then due as if it were new, or waits for its release."""
    return _make_due(WorkItem.state == "failed", kind=kind, subject_id=subject_id, adapters=adapters, waiting=waiting)


def has_failed(kind: str, *, subject_id: uuid.UUID) -> bool:
    """Whether the subject's piece of work of that kind has failed for good."""
    failed = sa.exists().where(WorkItem.kind == kind, WorkItem.subject_id == subject_id, WorkItem.state == "failed")
    return bool(db.session.scalar(sa.select(failed)))


def run_later(kind: str, *, subject_id: uuid.UUID, seconds: float) -> None:
    """The failed item is due as if it were new, after that pause: for work that must not be left undone."""
    failed = sa.and_(WorkItem.state == "failed", WorkItem.kind == kind, WorkItem.subject_id == subject_id)
    due = clock_ms() + int(seconds * 1000)
    # Why it failed stays to be read.
    changed_rows(sa.update(WorkItem).where(failed).values(state="pending", attempts=0, not_before=due))


def retry(kind: str, *, subject_id: uuid.UUID, adapters: Adapters) -> bool:
    """Whether the subject's failed work of that kind was there; it is due again, and the subject's own status says so.

    Other failed work on the subject goes with it where its kind says so: what one brings, the other may need.
    """
    again = kinds.find(kind).again if kind in kinds.names() else None
    return again(subject_id, adapters) if again else run_again(kind, subject_id=subject_id, adapters=adapters)


def _make_due(where: sa.ColumnElement[bool], *, kind: str, subject_id: uuid.UUID, adapters: Adapters, waiting: bool = False) -> bool:
    found = db.session.execute(
        sa.select(WorkItem.id, WorkItem.owner_id).where(where, WorkItem.kind == kind, WorkItem.subject_id == subject_id)
    ).first()
    if found is None:
        return False
    hinted = False if waiting else _has_room(kind, found.owner_id, adapters.settings)
    # The state is asked for again: of two at once, only one finds it as it was.
    changed = changed_rows(
        sa.update(WorkItem)
        .where(WorkItem.id == found.id, where)
        .values(
            state="waiting" if waiting else "pending",
            attempts=0,
            not_before=clock_ms(),
            lease_token=None,
            lease_until=None,
            hinted_at=clock_ms() if hinted else None,
            error_code=None,
            error_detail=None,
        )
    )
    if changed and hinted:
        after_commit(lambda: _hint_or_note(found.id, adapters, kind=kind))
    return bool(changed)


def _has_room(kind: str, owner_id: uuid.UUID, settings: Settings) -> bool:
    return bool(db.session.scalar(sa.select(_room(kind, owner_id, settings))))


def _room(kind: str, owner_id: uuid.UUID, settings: Settings) -> sa.ColumnElement[bool]:
    at_work = sa.or_(WorkItem.state == "working", sa.and_(WorkItem.state == "pending", WorkItem.hinted_at.is_not(None)))
    queued = sa.select(sa.func.count()).select_from(WorkItem).where(WorkItem.owner_id == owner_id, WorkItem.kind == kind, at_work)
    # Of whatever statement asks for it, no table is meant by it.
    return queued.correlate(None).scalar_subquery() < kinds.at_once(kind, settings)


def hint(item_id: uuid.UUID, adapters: Adapters, *, kind: str, attempt: int) -> bool:
    """Whether Redis took the hint. A lost one costs time only: the clock gives it again."""
    try:
        seconds = kinds.seconds_of(kind, adapters.settings)
        adapters.queue.hint(str(item_id), attempt=attempt, timeout=seconds, is_slow=kind in kinds.slow())
    except HintLost as error:
        log.warning("hint lost", work_item=str(item_id), reason=str(error))
        return False
    return True


def _hint_or_note(item_id: uuid.UUID, adapters: Adapters, *, kind: str, attempt: int = 0) -> None:
    """A worker was told, or the row says that none was: then the clock tells one as soon as Redis is back, and waits for nothing."""
    if hint(item_id, adapters, kind=kind, attempt=attempt):
        return
    with suppress(Unavailable), transaction():
        changed_rows(sa.update(WorkItem).where(WorkItem.id == item_id, WorkItem.state == "pending").values(hinted_at=None))


def claim(item_id: uuid.UUID, settings: Settings) -> Lease | None:
    """A lease on the item, or None when it is not due, somebody else has it, or it is gone."""
    token = uuid.uuid4()
    now = clock_ms()
    statement = (
        sa.update(WorkItem)
        .where(
            WorkItem.id == item_id,
            WorkItem.attempts < settings.job_attempts,
            sa.or_(
                sa.and_(WorkItem.state == "pending", WorkItem.not_before <= now),
                sa.and_(WorkItem.state == "working", WorkItem.lease_until < now),
            ),
        )
        .values(
            state="working",
            attempts=WorkItem.attempts + 1,
            lease_until=now + _lease_ms(settings),
            lease_token=token,
        )
        .returning(WorkItem.kind, WorkItem.subject_id, WorkItem.owner_id, WorkItem.attempts, WorkItem.request_id)
    )
    with transaction():
        row = db.session.execute(statement).first()
        if row is None:
            return None
        try:
            kinds.find(row.kind).progress(row.subject_id, "working")
        except NotFound:
            forget(item_id)
            return None
    return Lease(item_id, row.kind, row.subject_id, row.owner_id, token, row.attempts, row.request_id)


def _lease_ms(settings: Settings) -> sa.ColumnElement[int]:
    """How long a lease lives: a little longer than the work of that kind may take."""
    usual = int(settings.lease_seconds * 1000)
    longest = {name: int((kinds.seconds_of(name, settings) + settings.lease_margin_seconds) * 1000) for name in kinds.names()}
    others = [(WorkItem.kind == name, sa.literal(length)) for name, length in longest.items() if length != usual]
    return sa.case(*others, else_=usual) if others else sa.literal(usual)


def finish(lease: Lease) -> None:
    """The open transaction records that the work is done. Raises LeaseLost, which undoes all of it."""
    _settle(lease, state="done", lease_token=None, lease_until=None, hinted_at=None, error_code=None, error_detail=None)


def fail(lease: Lease, error: AizenError, adapters: Adapters) -> None:
    """The item has been failed for good, or is due again after a pause, as ``error`` and the attempts so far have it."""
    settings = adapters.settings
    told = {"error_code": error.code[:60], "error_detail": error.detail[:500]}
    with transaction():
        if is_worth_another_try(error) and lease.attempts < settings.job_attempts:
            pause = int(_pause(error, lease.attempts, settings) * 1000)
            _settle(lease, state="pending", not_before=clock_ms() + pause, lease_token=None, lease_until=None, hinted_at=None, **told)
            with suppress(NotFound):
                kinds.find(lease.kind).progress(lease.subject_id, "pending")
        else:
            _settle(lease, state="failed", lease_token=None, lease_until=None, hinted_at=None, **told)
            tell_of_failure(lease.item_id, lease.kind, subject_id=lease.subject_id, error=error, adapters=adapters)


def tell_of_failure(item_id: uuid.UUID, kind: str, *, subject_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """The open transaction tells the subject that its work has failed for good; where it is gone, so is the work."""
    try:
        kinds.find(kind).fail(subject_id, error, adapters)
    except NotFound:
        forget(item_id)


def forget(item_id: uuid.UUID) -> None:
    """The open transaction has no such item any more: nobody is left to work for. Whoever holds a lease on it will find that lease lost."""
    db.session.execute(sa.delete(WorkItem).where(WorkItem.id == item_id))


def _settle(lease: Lease, **values: Any) -> None:
    if changed_rows(sa.update(WorkItem).where(WorkItem.id == lease.item_id, WorkItem.lease_token == lease.token).values(**values)) != 1:
        raise LeaseLost


def is_worth_another_try(error: AizenError) -> bool:
    """Whether the same work may succeed later: an outage passes, a broken picture stays broken."""
    return isinstance(error, (TryAgain, Unavailable, OutOfSpace)) or type(error) is AizenError


def _pause(error: AizenError, attempts: int, settings: Settings) -> float:
    asked = error.retry_after if isinstance(error, TryAgain) else None
    ours = settings.job_retry_seconds * 2.0 ** (attempts - 1)
    return min(max(asked or 0.0, ours), max(LONGEST_RETRY_SECONDS, settings.job_retry_seconds))


def hint_next(lease: Lease, adapters: Adapters) -> None:
    """The owner's next item that waited for room has been hinted, if there is one, and room."""
    following = (
        sa.select(WorkItem.id, WorkItem.attempts)
        .where(
            WorkItem.owner_id == lease.owner_id,
            WorkItem.kind == lease.kind,
            WorkItem.state == "pending",
            WorkItem.hinted_at.is_(None),
            WorkItem.not_before <= clock_ms(),
            # The clock may have been faster.
            _room(lease.kind, lease.owner_id, adapters.settings),
        )
        .order_by(WorkItem.id)
        .limit(1)
    )
    with transaction():
        found = db.session.execute(following).first()
        if found is not None:
            changed_rows(sa.update(WorkItem).where(WorkItem.id == found.id).values(hinted_at=clock_ms()))
            after_commit(lambda: _hint_or_note(found.id, adapters, kind=lease.kind, attempt=found.attempts))


def states(subject_id: uuid.UUID) -> list[ItemState]:
    """Every piece of work on the subject that somebody has asked for, in the order of its making."""
    rows = db.session.execute(
        sa.select(WorkItem.kind, WorkItem.state, WorkItem.attempts, WorkItem.error_code, WorkItem.error_detail)
        .where(WorkItem.subject_id == subject_id, WorkItem.kind.not_in(kinds.internal()))
        .order_by(WorkItem.created_at, WorkItem.id)
    )
    return [ItemState(row.kind, row.state, row.attempts, row.error_code, row.error_detail) for row in rows]


def withdraw(subject_ids: Iterable[uuid.UUID]) -> None:
    """The open transaction leaves no work on these subjects; whoever holds a lease on it will find that lease lost."""
    db.session.execute(sa.delete(WorkItem).where(WorkItem.subject_id.in_(list(subject_ids))))


def withdraw_all(owner_id: uuid.UUID) -> None:
    """The open transaction leaves no work of that owner."""
    db.session.execute(sa.select(WorkItem.id).where(WorkItem.owner_id == owner_id).order_by(WorkItem.id).with_for_update())
    db.session.execute(sa.delete(WorkItem).where(WorkItem.owner_id == owner_id))


def give_up(kind: str, *, subject_id: uuid.UUID, error: AizenError) -> None:
    """The open transaction fails the subject's item of that kind, in whatever state it waits."""
    changed_rows(
        sa.update(WorkItem)
        .where(WorkItem.kind == kind, WorkItem.subject_id == subject_id, WorkItem.state.in_(("waiting", "pending")))
        .values(state="failed", hinted_at=None, error_code=error.code[:60], error_detail=error.detail[:500])
    )


def redo(kind: str, *, subject_id: uuid.UUID, adapters: Adapters) -> bool:
    """Whether a done item was there; it is then due as if it were new."""
    return _make_due(WorkItem.state == "done", kind=kind, subject_id=subject_id, adapters=adapters)
