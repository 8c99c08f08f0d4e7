"""A kind of work for the tests of work itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from aizen.adapters import Adapters
from aizen.database import db, new_id, reading, transaction
from aizen.errors import AizenError
from aizen.work import items, kinds
from aizen.work.kinds import Kind, Lease, Record
from aizen.work.models import WorkItem


@dataclass
class Drill:
    """Does nothing, counts how often, and fails or does something in the middle when it is told to."""

    adapters: Adapters
    started: list[Lease] = field(default_factory=list)
    recorded: list[uuid.UUID] = field(default_factory=list)
    failed: list[tuple[uuid.UUID, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    meanwhile: Callable[[Lease], None] = lambda _lease: None

    def run(self, lease: Lease, _adapters: Adapters) -> Record:
        self.started.append(lease)
        self.meanwhile(lease)
        return lambda: self.recorded.append(lease.subject_id)

    def fail(self, subject_id: uuid.UUID, error: AizenError, _adapters: Adapters) -> None:
        self.failed.append((subject_id, error.code))

    def progress(self, _subject_id: uuid.UUID, state: str) -> None:
        self.told.append(state)

    def put_off(self, *, owner_id: uuid.UUID | None = None, waiting: bool = False) -> uuid.UUID:
        subject_id = new_id()
        with transaction():
            items.put_off("drill", subject_id=subject_id, owner_id=owner_id or new_id(), adapters=self.adapters, waiting=waiting)
        return subject_id

    def item(self, subject_id: uuid.UUID) -> WorkItem:
        with reading():
            found = db.session.scalar(
                sa.select(WorkItem).where(WorkItem.subject_id == subject_id).execution_options(populate_existing=True)
            )
        assert found is not None
        return found

    def change(self, subject_id: uuid.UUID, **values: object) -> None:
        """Turns the item's clock by hand."""
        with transaction():
            db.session.execute(sa.update(WorkItem).where(WorkItem.subject_id == subject_id).values(**values))


@pytest.fixture
def drill(app: Flask, backend: object) -> Iterator[Drill]:
    with app.app_context():
        found = Drill(app.extensions["aizen"])
        kinds.register(Kind("drill", run=found.run, fail=found.fail, progress=found.progress))
        yield found


class LostDatabase:
    """Once it is lost, every statement fails as it does when the server has gone."""

    def lose(self) -> None:
        sa.event.listen(db.engine, "before_cursor_execute", self._gone)

    def find(self) -> None:
        if sa.event.contains(db.engine, "before_cursor_execute", self._gone):
            sa.event.remove(db.engine, "before_cursor_execute", self._gone)

    @staticmethod
    def _gone(*_arguments: object) -> None:
        raise OperationalError("SELECT", {}, ConnectionError("gone"))


@pytest.fixture
def lost(app: Flask) -> Iterator[LostDatabase]:
    """The database, which is there until it is told to be lost."""
    with app.app_context():
        database = LostDatabase()
        yield database
        database.find()
