"""Jobs: pieces of work as the users see them who have asked for them. Of a kind that is shown to nobody there are none."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.database import db, reading, transaction
from aizen.errors import NotFound
from aizen.web.fields import timestamp
from aizen.work import items, kinds
from aizen.work.models import WorkItem

PREFIX = "/api/v1/jobs"
STATUSES = ("pending", "working", "done", "failed")


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """A job at one moment. ``progress`` is in percent; ``place`` counts from 1, the next to be worked on, and is None after that."""

    id: uuid.UUID
    kind: str
    status: str
    progress: int
    place: int | None
    attempts: int
    result: dict[str, Any] | None
    error_code: str | None
    error_detail: str | None
    image_id: uuid.UUID | None
    created_at: datetime

    @property
    def is_settled(self) -> bool:
        return self.status in ("done", "failed")


def scopes() -> frozenset[str]:
    """The scopes by which jobs of one kind or another are asked for."""
    return frozenset(job.scope for job in kinds.jobs().values() if job.scope is not None)


def within_reach(held: Collection[str], *, of_all: str) -> frozenset[str]:
    """The kinds of jobs that these scopes reach: every kind by the scope ``of_all``, and by another what is asked for with it."""
    return frozenset(name for name, job in kinds.jobs().items() if of_all in held or job.scope in held)


def find(job_id: uuid.UUID, *, owner_id: uuid.UUID, adapters: Adapters, among: Collection[str] | None = None) -> Tracked:
    """The owner's job of that id. Raises NotFound, also for one of somebody else, and for work that is shown to nobody.

    With ``among`` there are no jobs but those of these kinds.
    """
    with reading():
        item = db.session.scalar(_own(job_id, owner_id, among).execution_options(populate_existing=True))
        if item is None:
            raise NotFound
        return _tracked(item, kinds.jobs()[item.kind], adapters)


def about(kind: str, subject_id: uuid.UUID) -> uuid.UUID | None:
    """The id of the subject's job of that kind, where there is one."""
    with reading():
        return db.session.scalar(sa.select(WorkItem.id).where(WorkItem.kind == kind, WorkItem.subject_id == subject_id))


def drop(job_id: uuid.UUID, *, owner_id: uuid.UUID, adapters: Adapters, among: Collection[str] | None = None) -> None:
    """The job is gone: what was still to be done is not done, and what a worker is doing at this moment is not recorded.

    Raises NotFound as ``find`` does.
    """
    with transaction():
        item = db.session.scalar(_own(job_id, owner_id, among))
        if item is None:
            raise NotFound
        # In the order of everybody who changes a subject and the work on it; a result that is being recorded now is recorded first.
        items.hold(item.subject_id)
        if db.session.scalar(_own(job_id, owner_id, among).with_only_columns(WorkItem.id)) is None:
            raise NotFound
        items.forget(job_id)
        kinds.jobs()[item.kind].cancel(item.subject_id, adapters)


def as_json(job: Tracked) -> dict[str, Any]:
    """The job as ``JobSchema`` documents it."""
    about = {"image": f"/api/v1/images/{job.image_id}"} if job.image_id else {}
    return {
        "id": str(job.id),
        "kind": job.kind,
        "status": job.status,
        "progress": job.progress,
        "place": job.place,
        "attempts": job.attempts,
        "result": job.result,
        "error": {"code": job.error_code, "detail": job.error_detail or ""} if job.error_code else None,
        "links": {"self": address(job.id), **about},
        "created_at": timestamp(job.created_at),
    }


def address(job_id: uuid.UUID) -> str:
    """Where the job is to be asked for."""
    return f"{PREFIX}/{job_id}"


def _own(job_id: uuid.UUID, owner_id: uuid.UUID, among: Collection[str] | None) -> sa.Select[WorkItem]:
    names = sorted(kinds.jobs() if among is None else among)
    return sa.select(WorkItem).where(WorkItem.id == job_id, WorkItem.owner_id == owner_id, WorkItem.kind.in_(names))


def _tracked(item: WorkItem, job: kinds.Job, adapters: Adapters) -> Tracked:
    # To users it is all the same whether it waits for other work or for a worker.
    status = "pending" if item.state == "waiting" else item.state
    return Tracked(
        id=item.id,
        kind=item.kind,
        status=status,
        progress=_percent(item, job),
        place=_place(item) if status == "pending" else None,
        attempts=item.attempts,
        result=job.result(item.subject_id, adapters) if status == "done" else None,
        error_code=item.error_code,
        error_detail=item.error_detail,
        image_id=job.image_id(item.subject_id),
        created_at=item.created_at,
    )


def _percent(item: WorkItem, job: kinds.Job) -> int:
    if item.state == "done":
        return 100
    # Before the result is recorded there is always something left to be done.
    return min(max(job.progress(item.subject_id), 0), 99) if item.state == "working" else 0


def _place(item: WorkItem) -> int:
    """How many pieces of the kind are worked on before it, and one: everybody's that fall due earlier.

    A number and nothing more, and an estimate: each owner's pieces are given to the workers a few at a time.
    """
    earlier = sa.or_(WorkItem.not_before < item.not_before, sa.and_(WorkItem.not_before == item.not_before, WorkItem.id < item.id))
    ahead = sa.and_(WorkItem.state == "pending", WorkItem.kind == item.kind, earlier)
    return 1 + (db.session.scalar(sa.select(sa.func.count()).select_from(WorkItem).where(ahead)) or 0)
