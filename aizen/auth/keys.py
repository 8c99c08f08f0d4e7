"""API keys: what a program of a user's sends in place of an access token. Each reaches as far as its scopes, and its user's role now.

The row decides, on every request, as it does for sessions.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from aizen.adapters import Adapters
from aizen.auth import letters
from aizen.auth.models import ApiKey, User
from aizen.database import changed_rows, db, impatient_transaction, new_id, reading, transaction, utc_now
from aizen.errors import Conflict, FieldError, Invalid, NotFound, Unauthenticated
from aizen.settings import Settings
from aizen.web import pagination
from aizen.web.caller import KEY_SCOPES, ROLE_SCOPES, Caller

log = structlog.get_logger(__name__)

PREFIX = "azn_"
# 43 letters and digits are 256 random bits, and a double click selects them whole.
_ALPHABET = string.digits + string.ascii_letters
_LENGTH = 43
_KEY = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_LENGTH}}}")
_HINT = len(PREFIX) + 6
LONGEST_NAME = 100
SHORTEST_LIFE, LONGEST_LIFE = 60, 10 * 365 * 86400
# What its cursors belong to.
LIST = {"list": "keys"}


@dataclass(frozen=True)
class Key:
    """An API key as its user sees it. ``hint`` is how it begins: the rest was shown once, and is kept nowhere."""

    id: uuid.UUID
    name: str
    hint: str
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class NewKey(Key):
    """The same when it has just been made: the one time that ``key`` itself is told."""

    key: str


def make(name: str, scopes: Sequence[str], *, user_id: uuid.UUID, expires_in: int | None, adapters: Adapters) -> NewKey:
    """There is a new key of the user, for ``expires_in`` seconds, or until it is revoked; a letter tells them so.

    Raises Invalid (not_allowed) for a scope that the user does not have, Conflict (too_many_keys) past ``api_keys_per_user``.
    """
    key = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    now = utc_now()
    expires_at = None if expires_in is None else now + timedelta(seconds=expires_in)
    made = NewKey(new_id(), name, key[:_HINT], list(scopes), now, expires_at, None, key)
    row = {field.name: getattr(made, field.name) for field in fields(Key)}
    with transaction():
        _check_room(user_id, scopes, now=now, most=adapters.settings.api_keys_per_user)
        db.session.execute(sa.insert(ApiKey).values(**row, user_id=user_id, digest=_digest(key)))
        letters.put_off(letters.KEY_MADE, user_id, adapters)
    log.info("API key made", key_id=str(made.id), user=str(user_id))
    return made


def _check_room(user_id: uuid.UUID, scopes: Sequence[str], *, now: datetime, most: int) -> None:
    # The lock on the user's row puts those that are made at once in a row: none of them counts without the others.
    role = db.session.scalar(sa.select(User.role).where(User.id == user_id, User.disabled_at.is_(None)).with_for_update(key_share=True))
    if role is None:
        raise Unauthenticated
    allowed = [scope for scope in KEY_SCOPES if scope in ROLE_SCOPES[role]]
    if not set(scopes) <= set(allowed):
        raise Invalid(errors=[FieldError("/scopes", "not_allowed", "You may only give a key what you may do yourself.", allowed)])
    is_live = sa.and_(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None), _lasts(now))
    if (db.session.scalar(sa.select(sa.func.count()).select_from(ApiKey).where(is_live)) or 0) >= most:
        raise Conflict(f"You have {most} API keys, and no more are allowed. Revoke one first.", code="too_many_keys")


def _lasts(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def browse(user_id: uuid.UUID, *, after: pagination.Position | None, limit: int) -> pagination.Page:
    """A page of the user's keys that were not revoked, the newest first. Expired ones are told for a while, so that one sees why."""
    columns: list[Any] = [getattr(ApiKey, field.name) for field in fields(Key)]
    statement = pagination.keyset(
        sa.select(*columns).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None)),
        created_at=ApiKey.created_at,
        identity=ApiKey.id,
        newest_first=True,
        goes_on=after is not None,
    )
    with reading():
        rows = db.session.execute(statement, pagination.bounds(after, limit)).all()
    return pagination.cut([Key(*row) for row in rows], limit=limit, filters=LIST)


def revoke(key_id: uuid.UUID, *, user_id: uuid.UUID) -> None:
    """That key of the user opens nothing any more. Raises NotFound: it is none, is revoked, or is another's."""
    one = sa.and_(ApiKey.id == key_id, ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    with transaction():
        if not changed_rows(sa.update(ApiKey).where(one).values(revoked_at=utc_now())):
            raise NotFound
    log.info("API key revoked", key_id=str(key_id), user=str(user_id))


def revoke_all(user_id: uuid.UUID) -> int:
    """In the open transaction no key of the user opens anything any more. How many did."""
    now = utc_now()
    live = sa.and_(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None), _lasts(now))
    return changed_rows(sa.update(ApiKey).where(live).values(revoked_at=now))


def looks_like_one(token: str) -> bool:
    """Whether ``token`` is meant to be an API key: nothing else that we give out begins so."""
    return token.startswith(PREFIX)


def use(key: str, settings: Settings) -> Caller:
    """Who calls with that key, as the database has them now, by one query; and that it was used is written, if it was not lately.

    Raises Unauthenticated: token_expired, or token_invalid for one that is unknown, revoked, or of a disabled user.
    """
    if not _KEY.fullmatch(key):
        raise _unknown()
    now = utc_now()
    account = (User.id.label("user_id"), User.email, User.username, User.role, User.email_verified_at, User.created_at.label("date_joined"))
    select = (
        sa.select(*account, ApiKey.id.label("key_id"), ApiKey.scopes, ApiKey.expires_at, ApiKey.last_used_at)
        .join(ApiKey, ApiKey.user_id == User.id)
        .where(ApiKey.digest == _digest(key), ApiKey.revoked_at.is_(None), User.disabled_at.is_(None))
    )
    with reading():
        row = db.session.execute(select).first()
    if row is None:
        raise _unknown()
    if row.expires_at is not None and row.expires_at <= now:
        raise Unauthenticated("This API key has expired.", code="token_expired")
    if row.last_used_at is None or row.last_used_at <= now - timedelta(seconds=settings.api_key_use_seconds):
        _note_use(row.key_id, now, settings)
    return Caller(
        user_id=row.user_id,
        session_id=None,
        key_id=row.key_id,
        email=row.email,
        username=row.username,
        email_verified=row.email_verified_at is not None,
        role=row.role,
        date_joined=row.date_joined,
        scopes=ROLE_SCOPES[row.role] & frozenset(row.scopes) & frozenset(KEY_SCOPES),
    )


def _note_use(key_id: uuid.UUID, now: datetime, settings: Settings) -> None:
    """Of many requests at once, one writes. A database that cannot be written to just now is no reason to refuse a request that reads."""
    is_old = sa.or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - timedelta(seconds=settings.api_key_use_seconds))
    try:
        with impatient_transaction(settings.api_key_write_seconds) as connection:
            connection.execute(sa.update(ApiKey).where(ApiKey.id == key_id, is_old).values(last_used_at=now))
    except SQLAlchemyError as error:
        log.warning("the last use of an API key could not be written", key_id=str(key_id), reason=type(error).__name__)


def _unknown() -> Unauthenticated:
    return Unauthenticated("This API key is unknown, or was revoked.", code="token_invalid")


def forget_dead(adapters: Adapters) -> int:
    """How many keys are gone that expired or were revoked ``api_key_kept_seconds`` ago."""
    since = utc_now() - timedelta(seconds=adapters.settings.api_key_kept_seconds)
    with transaction():
        return changed_rows(sa.delete(ApiKey).where(sa.or_(ApiKey.expires_at < since, ApiKey.revoked_at < since)))
