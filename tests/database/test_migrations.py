"""The migrations, on PostgreSQL and SQLite alike."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from aizen.app import create_app
from aizen.auth.models import Session, User
from aizen.database import Base, db
from aizen.settings import Settings
from tests.conftest import SECRET
from tests.services.postgres import Postgres


@pytest.fixture(params=["postgresql", "sqlite"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database in which nothing is."""
    changes: dict[str, Any] = {}
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        changes["database_url"] = server.create_database("aizen_migrations")
    app = create_app(Settings(secret_key=SECRET, data_dir=tmp_path, log_level="WARNING", redis_url="redis://localhost:1", **changes))
    with app.app_context():
        yield app
        db.engine.dispose()
    if request.param == "postgresql":
        server.drop_database("aizen_migrations")


def tables() -> set[str]:
    return set(sa.inspect(db.engine).get_table_names())


def test_the_way_up_and_down_and_up_again_is_whole(empty: Flask) -> None:
    upgrade(directory="migrations")
    assert tables() == {*Base.metadata.tables, "alembic_version"}
    downgrade(directory="migrations", revision="base")
    assert tables() == {"alembic_version"}
    upgrade(directory="migrations")
    assert tables() == {*Base.metadata.tables, "alembic_version"}


def test_the_models_equal_the_schema(empty: Flask) -> None:
    upgrade(directory="migrations")
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_constraint_has_the_name_of_the_convention(empty: Flask) -> None:
    upgrade(directory="migrations")
    inspector = sa.inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        names = [inspector.get_pk_constraint(table.name)["name"]]
        names += [each["name"] for each in inspector.get_unique_constraints(table.name)]
        names += [each["name"] for each in inspector.get_foreign_keys(table.name)]
        names += [each["name"] for each in inspector.get_check_constraints(table.name)]
        assert all(name and name.startswith(("pk_", "uq_", "fk_", "ck_")) for name in names), names


def test_the_owners_list_has_its_index(empty: Flask) -> None:
    upgrade(directory="migrations")
    columns = [index["column_names"] for index in sa.inspect(db.engine).get_indexes("images")]
    assert ["owner_id", "created_at", "id"] in columns


def test_sessions_that_were_there_before_go_on_rotating(empty: Flask) -> None:
    upgrade(directory="migrations", revision="0001")
    now, owner = datetime(2026, 11, 24, tzinfo=UTC), uuid.uuid4()
    names = ("email", "email_folded", "username", "username_folded", "password_hash", "first_name", "last_name")
    user = {**dict.fromkeys(names, "ada"), "id": owner, "role": "user", "created_at": now, "updated_at": now}
    times = dict.fromkeys(("refresh_issued_at", "created_at", "last_used_at", "expires_at"), now)
    session = {"id": uuid.uuid4(), "user_id": owner, "refresh_id": uuid.uuid4(), "device": "", "network": "", **times}
    with db.engine.begin() as connection:
        connection.execute(sa.insert(_as_it_is(User)).values(user))
        connection.execute(sa.insert(_as_it_is(Session)).values(session))
    upgrade(directory="migrations")
    with db.engine.connect() as connection:
        assert connection.scalars(sa.select(Session.rotates)).all() == [True]


def _as_it_is(model: type[Base]) -> sa.TableClause:
    """The table with the columns that the database has now, in the types of the model: SQLite reflects a UUID as text."""
    names = [column["name"] for column in sa.inspect(db.engine).get_columns(model.__tablename__)]
    return sa.table(model.__tablename__, *(sa.column(name, model.__table__.columns[name].type) for name in names))
