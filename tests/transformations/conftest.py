"""Images to be transformed, and the requests that transform them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image as Pillow
from werkzeug.test import TestResponse

from aizen.app import create_app
from aizen.database import db, reading
from aizen.images import integrity
from aizen.images.models import DerivedFile
from aizen.imaging import Order, Rendered
from aizen.transformations import planning
from aizen.transformations.planning import Plan, Wish
from aizen.transformations.recipe import read_url
from tests import pictures
from tests.conftest import Backend, People, Person

URL = "/api/v1/images"
Make = Callable[..., str]
Transform = Callable[..., TestResponse]
Rows = Callable[[], list[DerivedFile]]
Planned = Callable[..., Plan]


@pytest.fixture
def make(client: FlaskClient, people: People, work: Callable[[], int]) -> Make:
    """Uploads a picture as its owner, or as ``person``, does the work on it, and answers the image's id."""

    def send(data: bytes | None = None, name: str = "lake.jpg", *, person: Person | None = None, **fields: Any) -> str:
        sent = {"image": (io.BytesIO(pictures.jpeg(160, 120) if data is None else data), name), "describe": "false", **fields}
        answer = client.post(URL, headers=(person or people.owner).headers, data=sent)
        assert answer.status_code == 201, answer.text
        work()
        return str(answer.get_json()["id"])

    return send


@pytest.fixture
def transform(client: FlaskClient, people: People) -> Transform:
    """Asks for a transformation in URL spelling, or by a body; its answer is read whole and closed."""

    def send(
        image_id: str,
        recipe: str | None = None,
        *,
        accept: str | None = None,
        person: Person | None = None,
        headers: Mapping[str, str] | None = None,
        through: FlaskClient | None = None,
        **body: Any,
    ) -> TestResponse:
        told = {**(person or people.owner).headers, **({"Accept": accept} if accept else {}), **(headers or {})}
        sent = {**({"recipe": recipe} if recipe is not None else {}), **body}
        answer = (through or client).post(f"{URL}/{image_id}/transform", headers=told, json=sent)
        answer.get_data()
        answer.close()
        return answer

    return send


@pytest.fixture
def delete(client: FlaskClient, people: People) -> Callable[[str], None]:
    """The owner deletes an image."""

    def run(image_id: str) -> None:
        assert client.delete(f"{URL}/{image_id}", headers=people.owner.headers).status_code == 204

    return run


@pytest.fixture
def rows(backend: Backend) -> Rows:
    """Every derived file, the oldest first."""

    def find() -> list[DerivedFile]:
        with backend.app.app_context(), reading():
            return list(db.session.scalars(sa.select(DerivedFile).order_by(DerivedFile.id).execution_options(populate_existing=True)))

    return find


@pytest.fixture
def assert_clean(backend: Backend) -> Callable[[], None]:
    """The doctor finds nothing wrong."""

    def check() -> None:
        with backend.app.app_context():
            report = integrity.examine(backend.adapters, checksums=True)
        assert report.is_clean, report.as_text()

    return check


@pytest.fixture
def execute(backend: Backend) -> Callable[[Any], None]:
    """Runs one statement behind Aizen's back."""

    def run(statement: Any) -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(statement)

    return run


def opened(data: bytes) -> Pillow.Image:
    """The picture of these bytes, decoded."""
    picture = Pillow.open(io.BytesIO(data))
    picture.load()
    return picture


def field_error(answer: TestResponse) -> tuple[str, str]:
    """Where the first refusal of a 422 points, and its code."""
    assert answer.status_code == 422, answer.text
    (first, *_) = answer.get_json()["errors"]
    return first["pointer"], first["code"]


def unknown() -> str:
    """An id that nothing has."""
    return str(uuid.uuid4())


class Watched:
    """A renderer that passes everything on; it counts, and lets something happen before each rendering."""

    def __init__(self, backend: Backend) -> None:
        self._real = backend.adapters.renderer
        self.orders: list[Order] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def render(self, order: Order) -> Rendered:
        self.orders.append(order)
        self.meanwhile()
        return self._real.render(order)

    def close(self) -> None:
        """It belongs to somebody else."""


@pytest.fixture
def watched(backend: Backend) -> Watched:
    return Watched(backend)


@pytest.fixture
def watched_with(backend: Backend, watched: Watched) -> Iterator[Callable[..., FlaskClient]]:
    """A client of an application on the same database and storage, whose renderer is watched, with other settings.

    Another ``renderer`` makes it another process, as far as renderings go; another ``storage`` is one that is changed in a verb.
    """
    made: list[Flask] = []

    def make(**changes: Any) -> FlaskClient:
        parts = {"renderer": changes.pop("renderer", watched), "storage": changes.pop("storage", backend.adapters.storage)}
        settings = replace(backend.settings, **changes)
        made.append(create_app(settings, replace(backend.adapters, settings=settings, **parts)))
        return made[-1].test_client()

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def watched_client(watched_with: Callable[..., FlaskClient]) -> FlaskClient:
    """The same with the usual settings."""
    return watched_with()


@pytest.fixture
def planned(backend: Backend, people: People) -> Planned:
    """The plan for a recipe of the owner's image."""

    def make(image_id: str, recipe: str) -> Plan:
        wish = Wish(image_id=uuid.UUID(image_id), owner_id=uuid.UUID(people.owner.id), parsed=read_url(recipe, {}))
        with backend.app.app_context():
            return planning.plan(wish, backend.settings)

    return make
