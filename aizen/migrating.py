"""Alembic, for whoever migrates. What serves and works imports nothing of it, which would be time at each start and some MiB."""

from __future__ import annotations

from pathlib import Path

import click
import flask_migrate
from flask import Flask, current_app

from aizen.database import db, is_compared
from aizen.settings import Settings
from aizen.web import adapters

FOLDER = str(Path(__file__).resolve().parents[1] / "migrations")


def command(app: Flask, settings: Settings) -> click.Command:
    """``flask db`` for this application."""
    dialect = "sqlite" if settings.uses_sqlite else "postgresql"
    flask_migrate.Migrate(app, db, directory=FOLDER, render_as_batch=True, compare_type=True, include_object=is_compared(dialect))
    return app.cli.commands["db"]


def upgrade(revision: str = "head") -> None:
    """The database of the current application has come up to that revision."""
    _prepare()
    flask_migrate.upgrade(revision=revision)


def downgrade(revision: str) -> None:
    """The database of the current application has gone back to that revision."""
    _prepare()
    flask_migrate.downgrade(revision=revision)


def _prepare() -> None:
    command(current_app._get_current_object(), adapters().settings)  # type: ignore[attr-defined]
