"""What an administrator finds: pictures of others, work that has failed, and the log of what was done."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.admin.models import AdminAction
from aizen.database import db, reading, transaction
from aizen.images.models import Image
from aizen.work.models import WorkItem
from tests import pictures
from tests.conftest import People, Person

Picture = Callable[..., str]
Audit = Callable[[], list[AdminAction]]


@pytest.fixture
def picture(client: FlaskClient, people: People, work: Callable[[], int], execute: Callable[[Any], None]) -> Picture:
    """The id of an image that is ready, of its owner or of ``person``."""

    def make(person: Person | None = None, *, visibility: str = "private", **fields: Any) -> str:
        sent = {"image": (io.BytesIO(pictures.jpeg(400, 300)), "a.jpg"), **fields}
        answer = client.post("/api/v1/images", headers=(person or people.owner).headers, data=sent)
        assert answer.status_code == 201, answer.text
        work()
        made = str(answer.get_json()["id"])
        execute(sa.update(Image).where(Image.id == uuid.UUID(made)).values(visibility=visibility))
        return made

    return make


@pytest.fixture
def broken(client: FlaskClient, people: People, backend: Any, work: Callable[[], int]) -> Picture:
    """The id of an image whose original was lost before its work was done: both pieces have failed."""

    def make(person: Person | None = None) -> str:
        # Other bytes than those of a picture that is well: what is known of the same bytes is not looked for again.
        sent = {"image": (io.BytesIO(pictures.jpeg(400, 300, color="red")), "a.jpg")}
        made = client.post("/api/v1/images", headers=(person or people.owner).headers, data=sent).get_json()
        with backend.app.app_context(), reading():
            key = db.session.scalar(sa.select(Image.key).where(Image.id == uuid.UUID(made["id"])))
        backend.adapters.storage.delete(key)
        work()
        return str(made["id"])

    return make


@pytest.fixture
def mend(app: Flask, backend: Any) -> Callable[[str], None]:
    """Puts the original of an image back."""

    def put(image_id: str) -> None:
        with app.app_context():
            with reading():
                image = db.session.get_one(Image, uuid.UUID(image_id), populate_existing=True)
            backend.adapters.storage.put(image.key, pictures.jpeg(400, 300, color="red"), media_type="image/jpeg")

    return put


@pytest.fixture
def audit(app: Flask) -> Audit:
    """The whole audit log, the oldest first."""

    def read() -> list[AdminAction]:
        with app.app_context(), reading():
            return list(db.session.scalars(sa.select(AdminAction).order_by(AdminAction.id).execution_options(populate_existing=True)))

    return read


@pytest.fixture
def item_of(app: Flask) -> Callable[[str, str], str]:
    """The id of the piece of work of that kind on an image."""

    def find(image_id: str, kind: str) -> str:
        where = (WorkItem.subject_id == uuid.UUID(image_id), WorkItem.kind == kind)
        with app.app_context(), reading():
            return str(db.session.scalar(sa.select(WorkItem.id).where(*where)))

    return find


@pytest.fixture
def execute(app: Flask) -> Callable[[Any], None]:
    """Runs one statement behind Aizen's back."""

    def run(statement: Any) -> None:
        with app.app_context(), transaction():
            db.session.execute(statement)

    return run


def at_once(asks: list[Callable[[], Any]]) -> list[Any]:
    """What the calls answer, which all begin at the same moment."""
    barrier = threading.Barrier(len(asks))
    answers: list[Any] = []

    def run(ask: Callable[[], Any]) -> None:
        barrier.wait(timeout=30)
        answers.append(ask())

    threads = [threading.Thread(target=run, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == len(asks)
    return answers
