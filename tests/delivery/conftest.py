"""Images with addresses of delivery, and those who open them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.request import urlopen

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import db, reading
from aizen.delivery import address
from aizen.images.models import Image
from aizen.settings import Settings
from aizen.transformations import planning
from tests.conftest import People
from tests.transformations.conftest import make, rows, watched, watched_client, watched_with

__all__ = ["make", "rows", "watched", "watched_client", "watched_with"]

Show = Callable[[str, str], None]
Sign = Callable[..., str]
Open = Callable[..., TestResponse]


@pytest.fixture
def row(app: Flask) -> Callable[[str], Image]:
    """The row of an image as the database has it."""

    def look(image_id: str) -> Image:
        with app.app_context(), reading():
            found = db.session.scalar(sa.select(Image).where(Image.id == uuid.UUID(image_id)).execution_options(populate_existing=True))
            assert found is not None
            db.session.expunge(found)
            return found

    return look


@pytest.fixture
def sign(row: Callable[[str], Image], settings: Settings) -> Sign:
    """The signed path of a recipe for an image as it is now, with whatever ``address.write`` takes."""

    def write(image_id: str, recipe: str = "w=80", *, form: str | None = "webp", **more: Any) -> str:
        version = planning.version_of(row(image_id))
        return address.write(recipe, uuid.UUID(image_id), version, key=settings.signing_keys[0], form=form, **more)

    return write


@pytest.fixture
def opened(client: FlaskClient) -> Open:
    """Opens a path as anybody would, reads the answer whole and closes it."""

    def send(
        path: str, *, headers: Mapping[str, str] | None = None, method: str = "GET", through: FlaskClient | None = None
    ) -> TestResponse:
        answer = (through or client).open(path, method=method, headers=headers)
        answer.get_data()
        answer.close()
        return answer

    return send


@pytest.fixture
def show(client: FlaskClient, people: People) -> Show:
    """The owner lets the image be seen by whom ``visibility`` says."""

    def change(image_id: str, visibility: str) -> None:
        answer = client.patch(f"/api/v1/images/{image_id}", json={"visibility": visibility}, headers=people.owner.headers)
        assert answer.status_code == 200, answer.text

    return change


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """Every question and change that the database is sent from now on."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def follow() -> Callable[[TestResponse], bytes]:
    """The bytes of an answer, or those at the address of the storage that it leads to."""

    def read(answer: TestResponse) -> bytes:
        if answer.status_code != 302:
            assert answer.status_code == 200, answer.text
            return bytes(answer.data)
        with urlopen(answer.headers["Location"], timeout=10) as stored:
            return bytes(stored.read())

    return read
