from __future__ import annotations

import io
import logging
import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from aizen.auth.models import User
from aizen.database import db, transaction, utc_now
from aizen.logs import StandardError


class Kept(StandardError):
    """What would be written to standard error."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.write(self.format(record))

    def write(self, line: str) -> None:
        self.stream.write(f"{line}\n")


@pytest.fixture
def disable(app: Flask) -> Callable[[str], None]:
    """What an administrator does to an account."""

    def change(user_id: str) -> None:
        with app.app_context(), transaction():
            db.session.execute(sa.update(User).where(User.id == uuid.UUID(user_id)).values(disabled_at=utc_now()))

    return change


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """All that this process logs, in the form in which it is written to standard error."""
    root = logging.getLogger()
    own = next(handler for handler in root.handlers if isinstance(handler, StandardError))
    handler = Kept()
    handler.setFormatter(own.formatter)
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    yield handler.stream
    root.setLevel(level)
    root.removeHandler(handler)
