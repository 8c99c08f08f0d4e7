"""The integrity report for administrators: asked for by one, made by a worker, kept until the next."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters
from aizen.admin import audit
from aizen.admin.audit import Actor, Subject
from aizen.admin.models import IntegrityReport
from aizen.database import changed_rows, db, reading, transaction, utc_now
from aizen.errors import AizenError, Conflict, Final, NotFound
from aizen.images.integrity import Report, examine
from aizen.queue import WorkTimedOut
from aizen.work import items
from aizen.work.kinds import Lease, Record

EXAMINATION = "examine_integrity"
# There is one report, and so one piece of work of the kind.
REPORT = uuid.UUID("00000000-0000-7000-8000-000000000001")
# A bucket may be wrong as a whole: a million keys are no use to anybody, and no JSON that a database should hold.
MOST_TOLD = 100


@dataclass(frozen=True)
class State:
    """The latest report, and how it stands with the next: ``state`` is that of its piece of work, ``none`` before the first."""

    state: str
    asked_at: datetime | None = None
    made_at: datetime | None = None
    report: dict[str, Any] | None = None
    error: dict[str, str] | None = None


def ask(*, checksums: bool, actor: Actor, adapters: Adapters) -> State:
    """A worker will make a report. Raises Conflict where one is being made."""
    try:
        with transaction():
            _note(checksums=checksums)
            if not items.ensure(EXAMINATION, subject_id=REPORT, owner_id=actor.id or REPORT, adapters=adapters):
                raise _under_way()
            audit.record(actor, "integrity.asked", Subject("integrity", label="report"), checksums=checksums)
    except IntegrityError as error:
        # Somebody has asked for the very first one at the same moment.
        raise _under_way() from error
    return latest()


def _note(*, checksums: bool) -> None:
    asked = {"checksums": checksums, "asked_at": utc_now()}
    if not changed_rows(sa.update(IntegrityReport).where(IntegrityReport.id == REPORT).values(asked)):
        db.session.execute(sa.insert(IntegrityReport).values(id=REPORT, **asked))


def _under_way() -> Conflict:
    return Conflict("A report is being made: wait for that one.", code="report_under_way")


def latest() -> State:
    """The latest report, if one was ever made."""
    with reading():
        row = db.session.get(IntegrityReport, REPORT, populate_existing=True)
        work = next((each for each in items.states(REPORT) if each.kind == EXAMINATION), None)
    if row is None:
        return State("none")
    error = {"code": work.error_code, "detail": work.error_detail or ""} if work and work.error_code else None
    return State(work.state if work else "none", row.asked_at, row.made_at, row.report, error)


def make(lease: Lease, adapters: Adapters) -> Record:
    """Everything was compared; what is answered here keeps the report. Raises Final when it took longer than INTEGRITY_SECONDS."""
    with reading():
        row = db.session.get(IntegrityReport, lease.subject_id, populate_existing=True)
    if row is None:
        raise Final("Nobody waits for the report any more.", code="report_gone")
    try:
        report = examine(adapters, checksums=row.checksums)
    except WorkTimedOut:
        # A second try would take as long.
        raise Final("The report took longer than INTEGRITY_SECONDS: raise it, or run `flask doctor`.", code="timed_out") from None
    told = as_json(report)
    return lambda: _keep(told)


def _keep(told: dict[str, Any]) -> None:
    if not changed_rows(sa.update(IntegrityReport).where(IntegrityReport.id == REPORT).values(made_at=utc_now(), report=told)):
        raise items.LeaseLost


def failed(subject_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """The former report stays; the piece of work says why there is no newer one. Raises NotFound where none was asked for."""
    if db.session.get(IntegrityReport, subject_id) is None:
        raise NotFound


def as_json(report: Report) -> dict[str, Any]:
    """The report with a count of each fault, and the first hundred of them by name."""
    told = report.as_json()
    faults = {name: list(value) for name, value in told.items() if isinstance(value, tuple)}
    rest = {name: value for name, value in told.items() if name not in faults}
    return {
        **rest,
        "counts": {name: len(value) for name, value in faults.items()},
        **{name: value[:MOST_TOLD] for name, value in faults.items()},
    }
