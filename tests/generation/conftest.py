"""Ordering images, and looking at what became of them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import db
from aizen.images import integrity
from aizen.images.models import Image
from aizen.work.models import ObjectRemoval, WorkItem
from tests import pictures
from tests.conftest import Backend, People, Person

URL = "/api/v1/generate"
IMAGES = "/api/v1/images"
PROMPT = "a quiet river at nine"
Generate = Callable[..., TestResponse]
Look = Callable[[str], dict[str, Any]]


@pytest.fixture
def generate(client: FlaskClient, people: People) -> Generate:
    """Orders an image as its owner, or as ``person``."""

    def send(
        prompt: str | None = PROMPT,
        *,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        through: FlaskClient | None = None,
        path: str = URL,
        **fields: Any,
    ) -> TestResponse:
        told = {**(person or people.owner).headers, **(headers or {})}
        return (through or client).post(path, headers=told, json={**({} if prompt is None else {"prompt": prompt}), **fields})

    return send


@pytest.fixture
def upload(client: FlaskClient, people: People) -> Callable[[], str]:
    """Uploads a picture as its owner, and answers the image's id."""

    def send() -> str:
        answer = client.post(IMAGES, headers=people.owner.headers, data={"image": (io.BytesIO(pictures.jpeg()), "blue.jpg")})
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["id"])

    return send


@pytest.fixture
def work_later(backend: Backend, tick: Callable[[], Any], work: Callable[[], int]) -> Callable[[], None]:
    """The pause of every piece of work that waits for its next try is over, and a worker tries it."""

    def go_on() -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(WorkItem).where(WorkItem.state == "pending").values(not_before=0, hinted_at=None))
        tick()
        work()

    return go_on


@pytest.fixture
def look(client: FlaskClient, people: People) -> Look:
    """The owner's image of that id."""

    def get(image_id: str) -> dict[str, Any]:
        answer = client.get(f"{IMAGES}/{image_id}", headers=people.owner.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    return get


@pytest.fixture
def error_of(client: FlaskClient, people: People) -> Callable[[str], tuple[str, str]]:
    """The state of an image's generation, and the code of what is held against it."""

    def get(image_id: str) -> tuple[str, str]:
        work = client.get(f"{IMAGES}/{image_id}/status", headers=people.owner.headers).get_json()["work"]
        (found,) = [each for each in work if each["kind"] == "generation"]
        return found["state"], (found["error"] or {}).get("code", "")

    return get


@pytest.fixture
def count(backend: Backend) -> Callable[[], int]:
    """How many images there are."""

    def images() -> int:
        with backend.app.app_context(), db.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(Image)) or 0

    return images


@pytest.fixture
def assert_clean(backend: Backend, tick: Callable[[], Any]) -> Callable[[], None]:
    """Once what was given up has been removed, the doctor finds nothing wrong."""

    def check() -> None:
        with backend.app.app_context():
            with db.engine.begin() as connection:
                connection.execute(sa.update(ObjectRemoval).values(not_before=0))
            tick()
            report = integrity.examine(backend.adapters, checksums=True)
        assert report.is_clean, report.as_text()
        assert report.objects_leaving == 0

    return check


def unknown() -> str:
    """An id that nothing has."""
    return str(uuid.uuid4())
