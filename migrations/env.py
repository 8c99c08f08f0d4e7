"""How Alembic reaches the database: by MIGRATIONS_DATABASE_URL, since a transaction pooler cannot hold the lock that a migration takes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from aizen.database import Base, UtcDateTime
from aizen.web import adapters


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | bool:
    """Migrations name the plain type, so that they mean the same when the code has moved on."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def migrate_online() -> None:
    """The revisions have run on the database of the settings, each in a transaction of its own."""
    settings = adapters().settings
    if settings.uses_sqlite:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = sa.create_engine(settings.migrations_database_url, poolclass=sa.NullPool)
    arguments = dict(current_app.extensions["migrate"].configure_args)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render_item,
            transaction_per_migration=True,
            **arguments,
        )
        with context.begin_transaction():
            context.run_migrations()


migrate_online()
