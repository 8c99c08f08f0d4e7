"""Uploading, and looking for what an upload has left."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, stream_encode_multipart

from aizen.adapters import Adapters
from aizen.app import create_app
from aizen.auth.models import User
from aizen.database import db, new_id
from aizen.images.models import Image, Variant
from aizen.web.idempotency import IdempotencyKey
from aizen.work import jobs
from aizen.work.models import ObjectRemoval, WorkItem
from tests import pictures
from tests.conftest import Backend, People, Person, untraced

URL = "/api/v1/images"
Upload = Callable[..., TestResponse]


@pytest.fixture
def upload(client: FlaskClient, people: People) -> Upload:
    """Uploads a picture as its owner, or as ``person``, with these form fields."""

    def send(
        data: bytes | None = None,
        name: str = "blue.jpg",
        *,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        through: FlaskClient | None = None,
        **fields: Any,
    ) -> TestResponse:
        file = FileStorage(io.BytesIO(pictures.jpeg() if data is None else data), name, content_type="image/jpeg")
        # Encoded here and in memory: the test client would leave a temporary file open, and those are counted.
        body, length, boundary = stream_encode_multipart({"image": file, **fields}, use_tempfile=False)
        sent = {**(person or people.owner).headers, **(headers or {})}
        sent |= {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(length)}
        return (through or client).post(URL, headers=sent, input_stream=body)

    return send


def opened(client: FlaskClient, address: str, *, headers: Mapping[str, str] | None = None, method: str = "GET") -> TestResponse:
    """The answer with its bytes read and its file closed, as a server closes it."""
    answer = client.open(address, method=method, headers=headers)
    answer.get_data()
    answer.close()
    return answer


@dataclass(frozen=True)
class Traces:
    """What there is, in database and storage."""

    images: int
    variants: int
    work_items: int
    idempotency_keys: int
    removals: int
    objects: tuple[str, ...]
    temporary_files: tuple[str, ...]


NO_TRACE = Traces(images=0, variants=0, work_items=0, idempotency_keys=0, removals=0, objects=(), temporary_files=())


@pytest.fixture
def traces(backend: Backend) -> Callable[[], Traces]:
    """Counts what there is now. Files that were open before are somebody else's: pytest keeps some for what it captures."""
    before = set(_temporary_files())

    def count() -> Traces:
        tables = (Image, Variant, WorkItem, IdempotencyKey, ObjectRemoval)
        with backend.app.app_context(), db.engine.connect() as connection:
            counts = [connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables]
        images, variants, work_items, idempotency_keys, removals = counts
        return Traces(
            images=images,
            variants=variants,
            work_items=work_items,
            idempotency_keys=idempotency_keys,
            removals=removals,
            objects=tuple(sorted(stored.key for stored in backend.adapters.storage.objects())),
            temporary_files=tuple(sorted(set(_temporary_files()) - before)),
        )

    return count


def _temporary_files() -> Iterator[str]:
    """The files without a name that this process still holds open."""
    for descriptor in Path("/proc/self/fd").glob("*"):
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if target.startswith("/tmp/#") and target.endswith("(deleted)"):
            yield target


@pytest.fixture
def app_with(backend: Backend) -> Iterator[Callable[..., Flask]]:
    """An application on the same database with other adapters; other settings are one of them."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        with untraced():
            made.append(create_app(changes.get("settings", backend.settings), replace(backend.adapters, **changes)))
        return made[-1]

    yield make
    for each in made:
        with each.app_context():
            db.engine.dispose()


class Passing:
    """A storage that passes everything on; tests change one verb of it."""

    def __init__(self, adapters: Adapters) -> None:
        self._real = adapters.storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def ready(client: FlaskClient, people: People, upload: Upload, work: Callable[[], int]) -> Callable[..., dict[str, Any]]:
    """Uploads a picture, does all the work that follows, and answers the image."""

    def make(data: bytes | None = None, name: str = "blue.jpg", **fields: Any) -> dict[str, Any]:
        made = upload(data, name, **fields)
        assert made.status_code == 201, made.text
        work()
        image: dict[str, Any] = client.get(made.headers["Location"], headers=people.owner.headers).get_json()
        return image

    return make


@pytest.fixture
def make_due(backend: Backend) -> Callable[[], None]:
    """The pause of every piece of work that waits for its next try is over."""

    def change() -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(WorkItem).where(WorkItem.state == "pending").values(not_before=0, hinted_at=None))

    return change


def work_off(app: Flask, backend: Backend) -> None:
    """Does the work that was hinted in another application than the usual one."""
    with app.app_context():
        while hints := backend.queue.take():
            for hint in hints:
                jobs.perform(hint)


def stored_bytes(backend: Backend) -> dict[str, bytes]:
    """Everything in the storage, by key."""
    found = {}
    for each in backend.adapters.storage.objects():
        with backend.adapters.storage.open(each.key) as stored:
            found[each.key] = stored.read()
    return found


@pytest.fixture
def shelve(backend: Backend) -> Callable[..., str]:
    """Puts a ready image of ``person`` on the shelf without any upload, as if it had come at that time, and answers its id."""

    def put(person: Person, *, at: datetime, status: str = "ready", image_id: uuid.UUID | None = None) -> str:
        made = image_id or new_id()
        with backend.app.app_context(), db.engine.begin() as connection:
            values = {
                "id": made,
                "owner_id": uuid.UUID(person.id),
                "key": f"images/{person.id}/{made}",
                "status": status,
                "created_at": at,
                "updated_at": at,
            }
            connection.execute(sa.insert(Image).values(**_PLAIN, **values))
            more = User.storage_used + _PLAIN["bytes"]
            connection.execute(sa.update(User).where(User.id == values["owner_id"]).values(storage_used=more))
        return str(made)

    return put


_PLAIN: dict[str, Any] = {
    "version": 1,
    "source": "upload",
    "visibility": "private",
    "title": "",
    "description": "",
    "alt": "",
    "alt_status": "missing",
    "tags": [],
    "file_name": "shelved.jpg",
    "format": "jpeg",
    "media_type": "image/jpeg",
    "width": 64,
    "height": 48,
    "frames": 1,
    "has_alpha": False,
    "bytes": 1000,
    "sha256": "0" * 64,
    "dhash": 0,
    "ai_status": "skipped",
}
