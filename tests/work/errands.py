"""A kind of work that users are shown, so that jobs can be tried whatever kinds there are."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask

from aizen.adapters import Adapters
from aizen.database import db, new_id, transaction
from aizen.errors import AizenError
from aizen.work import items, kinds
from aizen.work.kinds import Job, Kind, Lease, Record
from aizen.work.models import WorkItem

ERRAND = "errand"


@dataclass
class Errands:
    """Brings ``{"brought": …}``, unless it fails or something happens in the middle; remembers what has been called off."""

    app: Flask
    brought: list[uuid.UUID] = field(default_factory=list)
    called_off: list[uuid.UUID] = field(default_factory=list)
    failed: list[uuid.UUID] = field(default_factory=list)
    percent: int = 0
    images: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    meanwhile: Callable[[], object] = lambda: None
    looked_at: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        job = Job(result=self._result, cancel=self._cancel, progress=lambda _: self.percent, image_id=self._image)
        kinds.register(Kind(ERRAND, run=self._run, fail=lambda subject, _error, _adapters: self.failed.append(subject), job=job))

    def ask_for(self, owner_id: str | uuid.UUID, *, image_id: uuid.UUID | None = None, waiting: bool = False) -> str:
        """The id of a new errand."""
        subject_id = new_id()
        if image_id is not None:
            self.images[subject_id] = image_id
        with self.app.app_context(), transaction():
            adapters = self.app.extensions["aizen"]
            owner = uuid.UUID(str(owner_id))
            return str(items.put_off(ERRAND, subject_id=subject_id, owner_id=owner, adapters=adapters, waiting=waiting))

    def change(self, job_id: str, **values: Any) -> None:
        """Turns the item by hand."""
        with self.app.app_context(), transaction():
            db.session.execute(sa.update(WorkItem).where(WorkItem.id == uuid.UUID(job_id)).values(**values))

    def will_fail(self, error: AizenError) -> None:
        def fail() -> None:
            raise error

        self.meanwhile = fail

    def _run(self, lease: Lease, _adapters: Adapters) -> Record:
        self.meanwhile()
        return lambda: self.brought.append(lease.subject_id)

    def _result(self, subject_id: uuid.UUID, _adapters: Adapters) -> dict[str, Any] | None:
        return {"brought": str(subject_id)} if subject_id in self.brought else None

    def _image(self, subject_id: uuid.UUID) -> uuid.UUID | None:
        self.looked_at.set()
        return self.images.get(subject_id)

    def _cancel(self, subject_id: uuid.UUID, _adapters: Adapters) -> None:
        self.called_off.append(subject_id)
