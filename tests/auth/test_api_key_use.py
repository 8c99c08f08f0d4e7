"""The last use of an API key: told to some minutes, and never at the cost of the request that uses it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from aizen.auth.models import ApiKey
from aizen.database import db, utc_now
from aizen.settings import Settings
from tests.auth.test_api_keys import bearing, made
from tests.conftest import People

IMAGES = "/api/v1/images"


def last_use(app: Flask) -> datetime | None:
    with app.app_context(), db.engine.connect() as connection:
        return connection.scalars(sa.select(ApiKey.last_used_at)).one()


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Every statement that the application executes in the block."""
    with app.app_context():
        engine = db.engine
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield told
    sa.event.remove(engine, "before_cursor_execute", note)


@pytest.mark.every_database
def test_many_requests_within_five_minutes_write_the_last_use_once(app: Flask, client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    with counted(app) as statements:
        for _ in range(20):
            assert client.get(IMAGES, headers=bearing(key)).status_code == 200
    assert sum(statement.startswith("UPDATE") for statement in statements) == 1
    assert sum("api_keys" in statement and statement.startswith("SELECT") for statement in statements) == 20
    assert not any("sessions" in statement for statement in statements)


@pytest.mark.every_database
def test_of_two_requests_that_saw_the_same_old_use_the_later_changes_nothing(app: Flask, client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    with app.app_context():
        engine = db.engine
    seen: list[datetime] = []

    def use_it_meanwhile(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Between the other request's look-up and its write.
        if statement.startswith("SELECT") and "api_keys" in statement and not seen:
            seen.append(utc_now())
            with engine.connect().execution_options(aizen_writes=True) as other, other.begin():
                other.execute(sa.update(ApiKey).values(last_used_at=seen[0]))

    sa.event.listen(engine, "after_cursor_execute", use_it_meanwhile)
    assert client.get(IMAGES, headers=bearing(key)).status_code == 200
    sa.event.remove(engine, "after_cursor_execute", use_it_meanwhile)
    assert [last_use(app)] == seen


@pytest.mark.every_database
def test_the_last_use_is_written_anew_after_five_minutes(app: Flask, client: Any, people: People, settings: Settings) -> None:
    key = made(client, people.owner)["key"]
    assert last_use(app) is None
    moments = []
    begun = utc_now().timestamp()
    for seconds in (0, settings.api_key_use_seconds - 10, settings.api_key_use_seconds + 1, settings.api_key_use_seconds + 20):
        with time_machine.travel(begun + seconds, tick=False):
            assert client.get(IMAGES, headers=bearing(key)).status_code == 200
        moments.append(last_use(app))
    assert [round(moment.timestamp() - begun) for moment in moments if moment] == [0, 0, 301, 301]


def test_a_refused_key_is_not_used(app: Flask, client: Any, people: People) -> None:
    key = made(client, people.owner, expires_in=60)["key"]
    with time_machine.travel(utc_now().timestamp() + 61, tick=True):
        assert client.get(IMAGES, headers=bearing(key)).status_code == 401
    assert last_use(app) is None


@pytest.mark.every_database
def test_of_ten_first_uses_at_once_none_fails(app: Flask, client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    barrier, statuses = threading.Barrier(10), []

    def ask() -> None:
        asking = app.test_client()
        barrier.wait(timeout=30)
        statuses.append(asking.get(IMAGES, headers=bearing(key)).status_code)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert statuses == [200] * 10
    assert last_use(app) is not None


@pytest.mark.every_database
def test_a_locked_row_or_database_neither_fails_the_request_nor_holds_it_up(
    app: Flask, client: Any, people: People, log: io.StringIO
) -> None:
    key = made(client, people.owner)["key"]
    with app.app_context(), db.engine.connect().execution_options(aizen_writes=True) as other, other.begin():
        other.execute(sa.update(ApiKey).values(name="held"))
        begun = time.monotonic()
        assert client.get(IMAGES, headers=bearing(key)).status_code == 200
        assert time.monotonic() - begun < 1
        other.get_transaction().rollback()  # type: ignore[union-attr]
    assert last_use(app) is None
    assert "the last use of an API key could not be written" in log.getvalue()
    assert client.get(IMAGES, headers=bearing(key)).status_code == 200
    assert last_use(app) is not None


@pytest.mark.every_database
def test_after_a_short_wait_the_connection_is_as_patient_as_before(app: Flask, client: Any, people: People) -> None:
    key = made(client, people.owner)["key"]
    client.get(IMAGES, headers=bearing(key))
    with app.app_context():
        engine = db.engine
    question, usual = ("PRAGMA busy_timeout", "15000") if engine.dialect.name == "sqlite" else ("SHOW lock_timeout", "0")
    kept = engine.pool.checkedin()  # type: ignore[attr-defined]
    connections = [engine.connect() for _ in range(kept)]
    told = [str(connection.exec_driver_sql(question).scalar()) for connection in connections]
    for connection in connections:
        connection.close()
    assert kept >= 1
    assert set(told) == {usual}


@pytest.mark.every_database
def test_a_database_that_cannot_be_written_to_fails_no_request_that_reads(
    make_app: Callable[..., Any], app: Flask, client: Any, people: People
) -> None:
    key = made(client, people.owner)["key"]
    standby = make_app()
    with standby.app_context():
        engine = db.engine
    read_only = "PRAGMA query_only=ON" if engine.dialect.name == "sqlite" else "SET TRANSACTION READ ONLY"

    def begin(connection: Any) -> None:
        connection.exec_driver_sql(read_only)

    sa.event.listen(engine, "begin", begin)
    assert standby.test_client().get(IMAGES, headers=bearing(key)).status_code == 200
    assert last_use(app) is None
