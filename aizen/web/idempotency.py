"""Idempotency-Key: the same key and the same body are done once, and every repeat is answered with what that once made."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Mapped, mapped_column

from aizen.adapters import Adapters
from aizen.database import Base, UtcDateTime, changed_rows, db, reading, transaction, utc_now
from aizen.errors import Invalid, Malformed

CONSTRAINT = "pk_idempotency_keys"
_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")
IDEMPOTENCY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key with the same body is done once; repeats answer what that once made",
}


class IdempotencyKey(Base):
    """A key that was used, what for, and what it made."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (sa.Index("ix_idempotency_keys_created_at", "created_at"),)

    owner_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    subject_id: Mapped[uuid.UUID]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Once:
    """One use of a key by one caller for one operation; ``fingerprint`` is the digest of all that was sent."""

    owner_id: uuid.UUID
    operation: str
    key: str
    fingerprint: str


def once(operation: str, *, owner_id: uuid.UUID, sent: Mapping[str, Any]) -> Once | None:
    """The request's use of its Idempotency-Key, or None where it has none. Raises Malformed for a key that is none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.match(key):
        raise Malformed("Idempotency-Key must be 1 to 255 visible ASCII characters.", code="malformed_idempotency_key")
    fingerprint = hashlib.sha256(json.dumps(sent, sort_keys=True, default=str).encode()).hexdigest()
    return Once(owner_id, operation, key, fingerprint)


def for_each(use: Once | None, subject_id: uuid.UUID) -> Once | None:
    """The use of the same key for one of several subjects, each of which is done once; None without a key."""
    if use is None:
        return None
    return replace(use, key=hashlib.sha256(f"{use.key} {subject_id}".encode()).hexdigest())


def made_before(use: Once | None) -> uuid.UUID | None:
    """What an earlier request with this key made. Raises Invalid when that request sent something else."""
    if use is None:
        return None
    with reading():
        row = db.session.execute(
            sa.select(IdempotencyKey.fingerprint, IdempotencyKey.subject_id).where(
                IdempotencyKey.owner_id == use.owner_id, IdempotencyKey.operation == use.operation, IdempotencyKey.key == use.key
            )
        ).first()
    if row is None:
        return None
    if row.fingerprint != use.fingerprint:
        raise Invalid("This Idempotency-Key was used with another request.", code="idempotency_key_reused")
    return uuid.UUID(str(row.subject_id))


def remember(use: Once | None, subject_id: uuid.UUID) -> None:
    """The open transaction uses the key up; of two at once the second breaks the constraint CONSTRAINT and is undone."""
    if use is not None:
        values = {"owner_id": use.owner_id, "operation": use.operation, "key": use.key, "fingerprint": use.fingerprint}
        db.session.execute(sa.insert(IdempotencyKey).values(**values, subject_id=subject_id, created_at=utc_now()))


def forget_old(adapters: Adapters) -> int:
    """How many keys were older than ``idempotency_seconds`` and are gone."""
    oldest = utc_now() - timedelta(seconds=adapters.settings.idempotency_seconds)
    with transaction():
        return changed_rows(sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < oldest))
