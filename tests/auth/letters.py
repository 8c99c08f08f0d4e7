"""What a person does with a letter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from aizen.database import db
from aizen.mail import Letter

VERIFY = "/api/v1/auth/verify-email"


def link_of(letter: Letter) -> str:
    """The address that the letter leads to."""
    (found,) = [line for line in letter.text.splitlines() if line.startswith("http")]
    return found


def token_of(letter: Letter) -> str:
    """The token at the end of the letter's link."""
    assert f"{VERIFY}/" in link_of(letter)
    return link_of(letter).rpartition("/")[2]


def without_id(answer: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    """All that an answer tells, but what is different for each request."""
    body = {name: value for name, value in answer.get_json().items() if name != "request_id"}
    headers = {name: value for name, value in answer.headers.items() if name not in ("X-Request-Id", "Date", "RateLimit")}
    return answer.status_code, body, headers


@contextmanager
def statements_of(app: Flask) -> Iterator[list[str]]:
    """The kinds of statements that the application sends to its database in the block, and what they are about."""
    with app.app_context():
        engine = db.engine
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def column_of(app: Flask, column: Any, email: str) -> Any:
    """A column of the user with that address."""
    from aizen.auth.models import User

    with app.app_context(), db.engine.connect() as connection:
        return connection.scalar(sa.select(column).where(User.email == email))
