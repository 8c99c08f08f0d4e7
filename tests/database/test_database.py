"""Transactions, times, ids and the database's clock."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError, StatementError

from aizen.database import after_commit, broken_constraint, clock_ms, db, new_id, reading, transaction, utc_now
from aizen.web.idempotency import IdempotencyKey
from aizen.work.models import ObjectRemoval

pytestmark = pytest.mark.every_backend


def removal(key: str) -> sa.Insert:
    return sa.insert(ObjectRemoval).values(key=key, not_before=0)


def removals() -> int | None:
    with reading():
        return db.session.scalar(sa.select(sa.func.count()).select_from(ObjectRemoval))


def used_key(moment: datetime) -> sa.Insert:
    return sa.insert(IdempotencyKey).values(
        owner_id=new_id(), operation="upload", key="k", fingerprint="f", subject_id=new_id(), created_at=moment
    )


def test_what_is_written_in_a_transaction_stands_after_it(app: Flask) -> None:
    with app.app_context():
        with transaction():
            db.session.execute(removal("a"))
        assert removals() == 1


def test_an_error_undoes_the_transaction_and_drops_its_callbacks(app: Flask) -> None:
    called: list[str] = []
    with app.app_context():
        with pytest.raises(ZeroDivisionError), transaction():
            db.session.execute(removal("a"))
            after_commit(lambda: called.append("told"))
            raise ZeroDivisionError
        assert removals() == 0
    assert called == []


def test_callbacks_run_once_the_rows_stand(app: Flask) -> None:
    seen: list[int | None] = []
    with app.app_context():
        with transaction():
            db.session.execute(removal("a"))
            after_commit(lambda: seen.append(removals()))
        assert seen == [1]


def test_a_transaction_refuses_to_begin_inside_a_read(app: Flask) -> None:
    with app.app_context(), reading():
        db.session.execute(sa.select(1))
        with pytest.raises(RuntimeError, match="still open"), transaction():
            pass


def test_a_read_keeps_no_connection(app: Flask) -> None:
    with app.app_context():
        removals()
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_connection_that_its_server_ended_a_moment_ago_is_replaced(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            return  # its connections have no server
        assert removals() == 0
        with psycopg.connect(db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as administrator:
            sessions = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            assert administrator.execute(f"SELECT pg_terminate_backend(pid, 5000) {sessions}").fetchall()
        assert removals() == 0


def test_twenty_writers_at_once_all_get_through(app: Flask) -> None:
    failed: list[Exception] = []

    def write(number: int) -> None:
        try:
            with app.app_context():
                removals()
                with transaction():
                    removed = db.session.scalar(sa.select(sa.func.count()).select_from(ObjectRemoval))
                    db.session.execute(removal(f"{number}-{removed}"))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with app.app_context():
        assert removals() == 20


def test_a_broken_constraint_is_told_by_name(app: Flask) -> None:
    with app.app_context():
        with transaction():
            db.session.execute(removal("a"))
        with pytest.raises(IntegrityError) as caught, transaction():
            db.session.execute(removal("a"))
        assert broken_constraint(caught.value) in ("pk_object_removals", "uq_object_removals_key")


def test_times_come_back_aware_and_in_utc(app: Flask) -> None:
    moment = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with app.app_context():
        with transaction():
            db.session.execute(used_key(moment))
        with reading():
            stored = db.session.scalar(sa.select(IdempotencyKey.created_at))
    assert stored == moment
    assert stored is not None
    assert stored.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(app: Flask) -> None:
    naive = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - that is the point
    with app.app_context(), pytest.raises(StatementError, match="zone"), transaction():
        db.session.execute(used_key(naive))


def test_the_clock_of_the_database_is_in_milliseconds_of_now(app: Flask) -> None:
    with app.app_context(), reading():
        told = db.session.scalar(sa.select(clock_ms()))
    assert told is not None
    assert abs(told - time.time() * 1000) < 2000


def test_ids_are_version_7_and_sort_by_the_time_of_their_making() -> None:
    assert (ids := [new_id() for _ in range(20_000)]) == sorted(ids)
    first = new_id()
    while time.time_ns() // 1_000_000 == first.int >> 80:
        pass
    second = new_id()
    assert (first.version, first.variant) == (7, uuid.RFC_4122)
    assert first < second
    # Never before its time; after it, where another test has made ids of a later day in this process.
    assert (first.int >> 80) / 1000 - utc_now().timestamp() > -2
