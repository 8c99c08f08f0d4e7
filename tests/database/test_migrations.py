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
    """Every table but those that FTS5 keeps for itself."""
    return {name for name in sa.inspect(db.engine).get_table_names() if not name.startswith("search_index")}


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
        context = MigrationContext.configure(
            connection, opts={**empty.extensions["migrate"].configure_args, "compare_server_default": True}
        )
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


def test_images_from_before_alt_texts_had_a_status_get_one(empty: Flask) -> None:
    upgrade(directory="migrations", revision="0001")
    with db.engine.begin() as connection:
        columns = {name: sa.Table(name, sa.MetaData(), autoload_with=connection) for name in ("users", "images")}
        now = datetime(2026, 1, 1, tzinfo=UTC) if db.engine.dialect.name == "postgresql" else datetime(2026, 1, 1)  # noqa: DTZ001
        owner = uuid.uuid4()
        connection.execute(sa.insert(columns["users"]).values(**_filled(columns["users"], now) | {"id": _key(owner)}))
        for title, words in (("own", {"alt": "A boat."}), ("told", {"ai_alt": "A boat."}), ("bare", {})):
            row = _filled(columns["images"], now) | {
                "id": _key(uuid.uuid4()),
                "owner_id": _key(owner),
                "key": title,
                "title": title,
                "alt": "",
            }
            connection.execute(sa.insert(columns["images"]).values(**row | words))
    upgrade(directory="migrations")
    with db.engine.connect() as connection:
        found = connection.execute(sa.text("SELECT title, alt_status FROM images")).all()
    assert {row.title: row.alt_status for row in found} == {"own": "approved", "told": "suggested", "bare": "missing"}


def _key(identity: uuid.UUID) -> Any:
    return identity if db.engine.dialect.name == "postgresql" else identity.hex


_CHOSEN = {"status": "ready", "ai_status": "done", "visibility": "private", "source": "upload", "role": "user", "tags": []}


def _filled(table: sa.Table, now: datetime) -> dict[str, Any]:
    """A row of the table as it was then, with something in every column that must have it."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if not column.nullable:
            kind = column.type.python_type
            made = {datetime: lambda: now, uuid.UUID: uuid.uuid4}.get(kind, kind)
            row[column.name] = _CHOSEN[column.name] if column.name in _CHOSEN else made()
    return row
