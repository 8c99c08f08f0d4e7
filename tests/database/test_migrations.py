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
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.dialects.postgresql import TSQUERY

from aizen.app import create_app
from aizen.auth.models import Session, User
from aizen.database import Base, clock_ms, db, transaction
from aizen.images import documents, search
from aizen.images.models import DerivedFile, Image, SearchDocument
from aizen.migrating import downgrade, upgrade
from aizen.settings import Settings
from aizen.transformations.models import Transformation
from aizen.work.models import ObjectRemoval, WorkItem
from tests.conftest import SECRET
from tests.services.postgres import Postgres

MOMENT = datetime(2026, 11, 24, tzinfo=UTC)


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
    upgrade()
    assert tables() == {*Base.metadata.tables, "alembic_version"}
    downgrade("base")
    assert tables() == {"alembic_version"}
    upgrade()
    assert tables() == {*Base.metadata.tables, "alembic_version"}


def test_the_name_of_each_file_begins_with_its_revision_and_the_last_one_is_the_head() -> None:
    """``is_migrated`` reads them there, so that no server needs Alembic."""
    scripts = ScriptDirectory("migrations")
    known = {script.revision: Path(script.path).name.partition("_")[0] for script in scripts.walk_revisions()}
    assert list(known) == list(known.values())
    assert scripts.get_current_head() == max(known)


def test_the_models_equal_the_schema(empty: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={**empty.extensions["migrate"].configure_args, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_every_constraint_has_the_name_of_the_convention(empty: Flask) -> None:
    upgrade()
    inspector = sa.inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        names = [inspector.get_pk_constraint(table.name)["name"]]
        names += [each["name"] for each in inspector.get_unique_constraints(table.name)]
        names += [each["name"] for each in inspector.get_foreign_keys(table.name)]
        names += [each["name"] for each in inspector.get_check_constraints(table.name)]
        assert all(name and name.startswith(("pk_", "uq_", "fk_", "ck_")) for name in names), names


def test_the_owners_list_has_its_index(empty: Flask) -> None:
    upgrade()
    columns = [index["column_names"] for index in sa.inspect(db.engine).get_indexes("images")]
    assert ["owner_id", "created_at", "id"] in columns


def test_images_from_before_alt_texts_had_a_status_get_one(empty: Flask) -> None:
    upgrade("0001")
    user, told = (
        _old_user(),
        {"own": {"alt": "A boat."}, "told": {"ai_alt": "A boat.", "ai_provider": "gemini"}, "bare": {"ai_provider": "offline"}},
    )
    with db.engine.begin() as connection:
        connection.execute(sa.insert(_as_it_is(User)).values(user))
        for title, words in told.items():
            connection.execute(sa.insert(_as_it_is(Image)).values(_old_image(user["id"], title) | words))
    upgrade()
    with db.engine.connect() as connection:
        found = connection.execute(sa.select(Image.title, Image.alt_status)).all()
    assert {row.title: row.alt_status for row in found} == {"own": "approved", "told": "suggested", "bare": "missing"}


def test_the_version_before_may_still_take_uploads_once_the_migrations_have_run(empty: Flask) -> None:
    upgrade("0001")
    user, former_users, former_images = _old_user(), _as_it_is(User), _as_it_is(Image)
    upgrade()
    with db.engine.begin() as connection:
        connection.execute(sa.insert(former_users).values(user))
        connection.execute(sa.insert(former_images).values(_old_image(user["id"], "late")))
        assert connection.scalars(sa.select(Image.alt_status)).all() == ["missing"]


def _old_user() -> dict[str, Any]:
    names = ("email", "email_folded", "username", "username_folded", "password_hash", "first_name", "last_name")
    return {**dict.fromkeys(names, "ada"), "id": uuid.uuid4(), "role": "user", "created_at": MOMENT, "updated_at": MOMENT}


def _old_image(owner_id: uuid.UUID, title: str) -> dict[str, Any]:
    """A row of the first revision, with something in every column that must have it."""
    words = {"title": title, "key": title, **dict.fromkeys(("description", "alt", "file_name", "format", "media_type", "sha256"), "")}
    states = {"status": "ready", "ai_status": "done", "visibility": "private", "source": "upload", "tags": [], "has_alpha": False}
    numbers = dict.fromkeys(("version", "width", "height", "frames", "bytes"), 1)
    return {**words, **states, **numbers, "id": uuid.uuid4(), "owner_id": owner_id, "created_at": MOMENT, "updated_at": MOMENT}


def test_sessions_that_were_there_before_go_on_rotating(empty: Flask) -> None:
    upgrade("0001")
    user = _old_user()
    times = dict.fromkeys(("refresh_issued_at", "created_at", "last_used_at", "expires_at"), MOMENT)
    session = {"id": uuid.uuid4(), "user_id": user["id"], "refresh_id": uuid.uuid4(), "device": "", "network": "", **times}
    with db.engine.begin() as connection:
        connection.execute(sa.insert(_as_it_is(User)).values(user))
        connection.execute(sa.insert(_as_it_is(Session)).values(session))
    upgrade()
    with db.engine.connect() as connection:
        assert connection.scalars(sa.select(Session.rotates)).all() == [True]


def test_the_objects_of_derived_files_are_removed_by_the_version_before(empty: Flask) -> None:
    upgrade()
    user = _old_user()
    image = _old_image(user["id"], "lake") | {"alt_status": "missing"}
    with db.engine.begin() as connection:
        connection.execute(sa.insert(User).values(user))
        connection.execute(sa.insert(Image).values(image))
        for key in ("derived/kept", "derived/going"):
            connection.execute(sa.insert(DerivedFile).values(_derived_file(image["id"], key)))
        connection.execute(sa.insert(ObjectRemoval).values(key="derived/going", not_before=1))
    downgrade("0009")
    with db.engine.connect() as connection:
        rows = connection.execute(sa.select(ObjectRemoval.key, ObjectRemoval.not_before))
        found = {row.key: row.not_before for row in rows}
        now = connection.scalar(sa.select(clock_ms())) or 0
    assert found.keys() == {"derived/kept", "derived/going"}
    assert found["derived/going"] == 1
    assert now - 60_000 < found["derived/kept"] <= now + 1


def test_what_was_generated_or_trashed_leaves_nothing_broken_to_the_version_before(empty: Flask) -> None:
    upgrade()
    user = _old_user()
    kept, trashed, awaited, remix, former = (
        _old_image(user["id"], title) | {"alt_status": "missing"} for title in ("kept", "trashed", "awaited", "remix", "former")
    )
    trashed |= {"trashed_at": MOMENT, "tags": ["lake"]}
    awaited |= {"status": "generating", "key": None, "format": None, "media_type": None, "sha256": None}
    for image in (kept, former):
        image |= {"parent_id": awaited["id"]}
    remix |= {name: awaited[name] for name in ("status", "key", "format", "media_type", "sha256")} | {"parent_id": awaited["id"]}
    kinds = {"generation": awaited, "description": awaited, "fingerprints": kept, "variants": kept}
    with db.engine.begin() as connection:
        connection.execute(sa.insert(User).values(user))
        for image in (awaited, kept, trashed, remix, former):
            connection.execute(sa.insert(Image).values(image))
        for kind, image in kinds.items():
            connection.execute(sa.insert(WorkItem).values(_work_item(kind, image)))
        # Of a file that the version after may have made of it, and lost.
        connection.execute(sa.insert(DerivedFile).values(_derived_file(awaited["id"], "derived/none")))
        for made_from, saved in ((awaited, kept), (kept, awaited)):
            connection.execute(sa.insert(Transformation).values(_transformation(made_from["id"], saved["id"], user["id"])))
    with transaction():
        for found in db.session.scalars(sa.select(Image)):
            search.add(found)
    downgrade("0010")
    with db.engine.connect() as connection:
        assert _broken(connection) == []
        assert set(connection.scalars(sa.select(Image.title))) == {"kept", "trashed", "former"}
        assert set(connection.scalars(sa.select(Image.parent_id))) == {None}
        assert connection.scalars(sa.select(WorkItem.kind)).all() == ["variants"]
        rows = connection.execute(sa.select(Transformation.image_id, Transformation.saved_image_id))
        assert [tuple(row) for row in rows] == [(kept["id"], None)]
        # The version before looks for the owner's word, and for those of the image beside it.
        word = documents.owner_word(user["id"])
        assert _found_by(connection, word) == {kept["id"], trashed["id"], former["id"]}
        assert _found_by(connection, word, "trashed", documents.tag_word("lake")) == {trashed["id"]}
        assert _found_by(connection, documents.owner_word(user["id"], in_trash=True)) == set()
    for revision in ("0009", "0001"):
        downgrade(revision)
        with db.engine.connect() as connection:
            assert _broken(connection) == []
            assert set(connection.scalars(sa.select(Image.title))) == {"kept", "trashed", "former"}


def _broken(connection: sa.Connection) -> list[Any]:
    """References that lead nowhere. PostgreSQL has none."""
    return list(connection.exec_driver_sql("PRAGMA foreign_key_check")) if connection.dialect.name == "sqlite" else []


def _found_by(connection: sa.Connection, *words: str) -> set[uuid.UUID]:
    """The images in whose documents all these words stand, by the index."""
    document = SearchDocument.__table__
    if connection.dialect.name == "sqlite":
        hits = sa.text("SELECT rowid FROM search_index WHERE search_index MATCH :query")
        asked = hits.bindparams(query=" AND ".join(f'"{word}"' for word in words)).columns(rowid=sa.Integer)
        where = document.c.id.in_(asked)
    else:
        where = sa.literal_column("words").op("@@")(sa.cast(" & ".join(f"'{word}'" for word in words), TSQUERY))
    return set(connection.scalars(sa.select(document.c.image_id).where(where)))


def _work_item(kind: str, image: dict[str, Any]) -> dict[str, Any]:
    states = {"state": "pending", "attempts": 0, "not_before": 0, "created_at": MOMENT}
    return {**states, "id": uuid.uuid4(), "kind": kind, "subject_id": image["id"], "owner_id": image["owner_id"]}


def _transformation(image_id: uuid.UUID, saved_image_id: uuid.UUID, owner_id: uuid.UUID) -> dict[str, Any]:
    ids = {"id": uuid.uuid4(), "image_id": image_id, "saved_image_id": saved_image_id, "owner_id": owner_id}
    return {**ids, "recipe": "w_9", "save": True, "strict": False, "reads": "plain", "progress": 0, "warnings": [], "created_at": MOMENT}


def _derived_file(image_id: uuid.UUID, key: str) -> dict[str, Any]:
    words = {"cache_key": key, "key": key, "format": "png", "media_type": "image/png", "warnings": []}
    return {
        **words,
        **dict.fromkeys(("width", "height", "frames", "bytes"), 1),
        "id": uuid.uuid4(),
        "image_id": image_id,
        "used_on": MOMENT.date(),
        "created_at": MOMENT,
    }


def test_old_work_of_a_kind_is_found_by_an_index(empty: Flask) -> None:
    upgrade()
    columns = [index["column_names"] for index in sa.inspect(db.engine).get_indexes("work_items")]
    assert ["kind", "created_at"] in columns


def _as_it_is(model: type[Base]) -> sa.TableClause:
    """The table with the columns that the database has now, in the types of the model: SQLite reflects a UUID as text."""
    names = [column["name"] for column in sa.inspect(db.engine).get_columns(model.__tablename__)]
    return sa.table(model.__tablename__, *(sa.column(name, model.__table__.columns[name].type) for name in names))
