"""/healthz says that the process lives, /readyz whether it could take an upload now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.app import create_app
from aizen.database import db
from aizen.errors import OutOfSpace, Unavailable
from aizen.storage import Storage
from tests.conftest import Backend
from tests.fakes import HintList
from tests.storage.memory import MemoryStorage

every_backend = pytest.mark.every_backend
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


@every_backend
def test_a_process_with_all_its_parts_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ready", "parts": {"database": "ok", "storage": "ok", "queue": "ok"}}
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_without_a_database_it_lives_but_is_not_ready(make_app: Callable[..., Flask]) -> None:
    client = make_app(database_url=NOWHERE, database_connect_seconds=1).test_client()
    begun = time.monotonic()
    answer = client.get("/readyz")
    assert time.monotonic() - begun < 5
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unavailable")
    assert answer.get_json()["parts"] == {"database": "database_unavailable", "storage": "ok", "queue": "ok"}
    assert client.get("/healthz").status_code == 200


@pytest.fixture
def client_on(backend: Backend) -> Iterator[Callable[[Storage], FlaskClient]]:
    """A client of an application on another storage."""
    made: list[Flask] = []

    def make(storage: Storage) -> FlaskClient:
        made.append(create_app(backend.settings, replace(backend.adapters, storage=storage)))
        return made[-1].test_client()

    yield make
    for each in made:
        with each.app_context():
            db.engine.dispose()


@pytest.mark.parametrize("error", [Unavailable(code="storage_unavailable"), OutOfSpace()])
def test_with_a_storage_that_takes_nothing_it_is_not_ready(
    client_on: Callable[[Storage], FlaskClient], error: Unavailable | OutOfSpace
) -> None:
    storage = MemoryStorage()
    client = client_on(storage)
    storage.will_fail(error)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["parts"]["storage"]) == (503, error.code)
    storage.will_work()
    assert client.get("/readyz").status_code == 200


def test_without_redis_it_is_ready_still_and_says_so(client: FlaskClient, queue: HintList) -> None:
    queue.is_down = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["parts"]["queue"]) == (200, "unavailable: work waits until it is back")


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_a_health_check_tells_no_secrets(client: FlaskClient, address: str, backend: Backend) -> None:
    text = client.get(address).text
    for word in (str(backend.settings.data_dir), backend.settings.database_url, "postgres"):
        assert word not in text


@pytest.mark.every_database
def test_a_database_without_its_migrations_is_named_and_is_no_outage(backend: Backend, client: FlaskClient) -> None:
    with backend.app.app_context(), db.engine.begin() as connection:
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    for found, ready in (("0001", False), ("9999-of-a-newer-version", True), (revision, True)):
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :found"), {"found": found})
        answer = client.get("/readyz")
        assert (answer.status_code == 200) is ready, found
        if not ready:
            assert answer.get_json()["parts"]["database"] == "not migrated: run `flask db upgrade`"
            told = backend.app.test_cli_runner().invoke(args=["doctor"])
            assert (told.exit_code, told.output) == (1, "Error: The database is not migrated: run `flask db upgrade`.\n")


def test_an_empty_database_is_not_ready(tmp_path: Path, backend: Backend) -> None:
    settings = replace(backend.settings, data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/empty.sqlite3")
    app = create_app(settings, replace(backend.adapters, settings=settings))
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["parts"]["database"]) == (503, "not migrated: run `flask db upgrade`")
    # A missing table is a fault of ours to be reported, and does not pass by itself.
    assert app.test_client().post("/api/v1/auth/login", json={"email": "a@example.org", "password": "x"}).status_code == 500
    with app.app_context():
        db.engine.dispose()


def test_doctor_tells_an_outage_in_a_line(make_app: Callable[..., Flask]) -> None:
    told = make_app(database_url=NOWHERE, database_connect_seconds=1).test_cli_runner().invoke(args=["doctor"])
    assert (told.exit_code, told.output) == (1, "Error: The database is out of reach. Try again shortly.\n")
