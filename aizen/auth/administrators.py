"""There is always somebody who can look after the service, once there was."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from aizen.auth.models import User
from aizen.database import db
from aizen.errors import Conflict

# The name of PostgreSQL's lock: a number of our own, the bytes of "aizen 1st".
_FIRST = int.from_bytes(b"aizen1st")


def keep_one(leaving: uuid.UUID) -> None:
    """The open transaction may take the role, the access or the account from that user: if an administrator, not the last who can sign in.

    Raises Conflict (last_admin). The rows of all administrators stay locked until the transaction ends: of two who leave at the same
    moment one stays.
    """
    able = sa.select(User.id).where(User.role == "admin", User.disabled_at.is_(None)).order_by(User.id).with_for_update()
    administrators = set(db.session.scalars(able))
    if administrators == {leaving}:
        raise Conflict("This is the last administrator: make another user one first.", code="last_admin")


def lock_first() -> None:
    """Until the open transaction ends, no other makes the first administrator: whoever asks ``exist`` from here on knows."""
    if db.engine.dialect.name == "postgresql":
        # SQLite's transactions write one after another anyway.
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(_FIRST)))


def exist() -> bool:
    """Whether any account has the role, disabled or not. To be asked inside a transaction or ``reading``."""
    return bool(db.session.scalar(sa.select(sa.exists().where(User.role == "admin"))))
