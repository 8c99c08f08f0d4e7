"""Background work as administrators look after it: what waits, what has failed and why, who works, and what is tried again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from aizen import queue
from aizen.adapters import Adapters
from aizen.admin import audit
from aizen.admin.audit import Actor, Subject
from aizen.auth.models import User
from aizen.database import db, reading, transaction
from aizen.errors import Conflict, NotFound
from aizen.queue import HintLost, WorkerSeen
from aizen.settings import Settings
from aizen.web import pagination
from aizen.work import items
from aizen.work.models import WorkItem

UNFINISHED = ("waiting", "pending", "working", "failed")
# So many are made due by one request, in one transaction: a second or two of it.
RETRIED_AT_ONCE = 500


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
        item = db.session.execute(
            sa.select(WorkItem.kind, WorkItem.subject_id, WorkItem.attempts, WorkItem.error_code).where(WorkItem.id == item_id)
        ).first()
        if item is None:
            raise NotFound
        # Somebody may have run it again since: the state is asked for in the statement that changes it.
        if not _has_failed(item_id) or not items.retry(item.kind, subject_id=item.subject_id, adapters=adapters):
            raise Conflict("This work has not failed.", code="nothing_failed")
        subject = Subject("work", item_id, item.kind)
        told = {"subject_id": str(item.subject_id), "attempts_before": item.attempts, "error_before": item.error_code}
        audit.record(actor, "work.retried", subject, **told)
        return db.session.execute(_with_owner().where(WorkItem.id == item_id)).one()


def _has_failed(item_id: uuid.UUID) -> bool:
    lock = sa.select(WorkItem.id).where(WorkItem.id == item_id, WorkItem.state == "failed").with_for_update()
    return db.session.scalar(lock) is not None


def retry_all(kind: str | None, *, actor: Actor, adapters: Adapters) -> tuple[int, int]:
    """How many failed pieces of work of that kind (of any, for None) are due again, and how many are left for another request."""
    failed = Selection(kind).conditions()
    with transaction():
        found = db.session.execute(
            sa.select(WorkItem.kind, WorkItem.subject_id)
            .where(*failed)
            .order_by(WorkItem.id)
            .limit(RETRIED_AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        left_before = _count(failed)
        for each in found:
            # The subject is gone: the worker that comes to the work will find so too, and forget it.
            with suppress(NotFound):
                items.retry(each.kind, subject_id=each.subject_id, adapters=adapters)
        left = _count(failed)
        audit.record(actor, "work.all_retried", Subject("work", label=kind or "every kind"), retried=left_before - left, left=left)
    return left_before - left, left


def _count(where: list[sa.ColumnElement[bool]]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(WorkItem).where(*where)) or 0
