"""Background work as administrators look after it: what waits, what has failed and why, who works, and what is tried again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from aizen import queue
from aizen.adapters import Adapters
from aizen.admin import audit
from aizen.admin.audit import Actor, Subject
from aizen.auth import letters
from aizen.auth.models import User
from aizen.database import db, reading, transaction
from aizen.errors import Conflict, FieldError, Invalid, NotFound
from aizen.queue import HintLost, WorkerSeen
from aizen.settings import Settings
from aizen.web import pagination
from aizen.work import items, kinds
from aizen.work.models import WorkItem

UNFINISHED = ("waiting", "pending", "working", "failed")
# So many are made due by one request, in one transaction: a second or two of it.
RETRIED_AT_ONCE = 500
LETTERS = tuple(occasion.kind for occasion in letters.OCCASIONS)


@dataclass(frozen=True)
class Selection:
    """Which pieces of work a list holds."""

    kind: str | None = None
    state: str = "failed"

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        kind = [WorkItem.kind == self.kind] if self.kind else []
        return [WorkItem.state == self.state, *kind]


@dataclass(frozen=True)
class Crew:
    """Who works: the workers that Redis knows and how many hints wait there, or why that cannot be told."""

    workers: tuple[WorkerSeen, ...] = ()
    queue_length: int | None = None
    unavailable: str | None = None


def browse(selection: Selection, *, after: pagination.Position | None, limit: int, filters: Mapping[str, Any]) -> pagination.Page:
    """A page of work with its owner's e-mail address, the newest first."""
    with reading():
        rows = db.session.execute(
            pagination.newest(_with_owner().where(*selection.conditions()), identity=WorkItem.id, after=after, limit=limit)
        ).all()
    return pagination.cut(rows, limit=limit, filters=filters)


def _with_owner() -> sa.Select[Any]:
    columns: list[Any] = [
        *(WorkItem.id, WorkItem.kind, WorkItem.state, WorkItem.subject_id, WorkItem.owner_id, WorkItem.attempts),
        *(WorkItem.error_code, WorkItem.error_detail, WorkItem.request_id, WorkItem.created_at),
        User.email.label("owner_email"),
    ]
    return sa.select(*columns).join(User, User.id == WorkItem.owner_id, isouter=True)


def counts() -> list[dict[str, Any]]:
    """How much unfinished work there is of each kind in each state. What is done is not counted: it is nearly all there ever was."""
    select = (
        sa.select(WorkItem.kind, WorkItem.state, sa.func.count().label("count"))
        .where(WorkItem.state.in_(UNFINISHED))
        .group_by(WorkItem.kind, WorkItem.state)
        .order_by(WorkItem.kind, WorkItem.state)
    )
    with reading():
        return [{"kind": row[0], "state": row[1], "count": row[2]} for row in db.session.execute(select)]


def crew(adapters: Adapters) -> Crew:
    """Who works at this moment. No outage of Redis is an error here: it is what is told."""
    settings: Settings = adapters.settings
    try:
        length = adapters.queue.length()
        return Crew(tuple(queue.workers(settings.redis_url, seconds=settings.redis_seconds)), length)
    except HintLost as error:
        return Crew(unavailable=str(error))


def retry(item_id: uuid.UUID, *, actor: Actor, adapters: Adapters) -> Any:
    """The failed piece of work is due again, and its subject says so; what else had failed on the subject may go with it.

    What is answered is its row with its owner. Raises NotFound, and Conflict where it has not failed.
    """
    with transaction():
        subject_id = db.session.scalar(sa.select(WorkItem.subject_id).where(WorkItem.id == item_id))
        if subject_id is None:
            raise NotFound
        # Before any piece of it is locked: whoever deletes the subject at this moment locks all of them in the same order.
        items.hold(subject_id)
        item = db.session.execute(
            sa.select(WorkItem.kind, WorkItem.state, WorkItem.attempts, WorkItem.error_code).where(WorkItem.id == item_id)
        ).first()
        if item is None:
            raise NotFound
        if item.state != "failed" or not items.retry(item.kind, subject_id=subject_id, adapters=adapters):
            raise Conflict("This work has not failed.", code="nothing_failed")
        told = {"subject_id": str(subject_id), "attempts_before": item.attempts, "error_before": item.error_code}
        audit.record(actor, "work.retried", Subject("work", item_id, item.kind), **told)
        return db.session.execute(_with_owner().where(WorkItem.id == item_id)).one()


def require_known(kind: str | None) -> None:
    """There is such a kind of work here, or none is named. Raises Invalid."""
    known = sorted(kinds.names())
    if kind is not None and kind not in known:
        raise Invalid(errors=[FieldError("/kind", "not_a_choice", f"Must be one of: {', '.join(known)}.", known)])


def retry_all(kind: str | None, *, actor: Actor, adapters: Adapters) -> tuple[int, int]:
    """How many failed pieces of work are due again, and how many such are left for another request.

    They are those of that kind, or for None of all kinds but letters: what was not sent on its day is sent later only if somebody says
    so. What else had failed on their subjects goes with them where the kind says so, and is counted.
    """
    wanted = [WorkItem.state == "failed", WorkItem.kind == kind if kind else WorkItem.kind.not_in(LETTERS)]
    with transaction():
        first = sa.select(WorkItem.subject_id).where(*wanted).order_by(WorkItem.id).limit(RETRIED_AT_ONCE)
        subjects = sorted(set(db.session.scalars(first)))
        # From here on nobody else changes the state of any work on them, so that what is counted is what we do.
        items.hold(*subjects)
        failed_before = _failed(subjects)
        for each in _chosen(subjects, wanted):
            # The subject is gone: the worker that comes to the work will find so too, and forget it.
            with suppress(NotFound):
                items.retry(each.kind, subject_id=each.subject_id, adapters=adapters)
        retried, left = len(failed_before - _failed(subjects)), _count(wanted)
        audit.record(actor, "work.all_retried", Subject("work", label=kind or "every kind"), retried=retried, left=left)
    return retried, left


def _chosen(subjects: list[uuid.UUID], wanted: list[sa.ColumnElement[bool]]) -> Sequence[Any]:
    select = sa.select(WorkItem.kind, WorkItem.subject_id).where(WorkItem.subject_id.in_(subjects), *wanted)
    return db.session.execute(select.order_by(WorkItem.subject_id, WorkItem.id).limit(RETRIED_AT_ONCE)).all()


def _failed(subjects: list[uuid.UUID]) -> set[uuid.UUID]:
    return set(db.session.scalars(sa.select(WorkItem.id).where(WorkItem.subject_id.in_(subjects), WorkItem.state == "failed")))


def _count(where: list[sa.ColumnElement[bool]]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(WorkItem).where(*where)) or 0
