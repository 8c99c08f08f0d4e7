"""Closing an account: everything of the person is gone at once, but for the pictures, which a work item removes."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.auth import administrators, passwords, profiles, proof, sessions
from aizen.auth.models import ApiKey, OneTimeToken, Session, User
from aizen.database import changed_rows, db, transaction, utc_now
from aizen.errors import Stale, WrongPassword
from aizen.web.idempotency import IdempotencyKey
from aizen.work import items

log = structlog.get_logger(__name__)

# A work item of this kind has the user as subject and owner; the images package, which knows what is to be removed, carries it out.
CLOSE_ACCOUNT = "close_account"
_CLOSED = "closed:"


def close(
    user_id: uuid.UUID,
    password: str,
    *,
    network: str,
    session_id: uuid.UUID | None,
    if_versions: frozenset[int] | None,
    adapters: Adapters,
) -> None:
    """Nobody can sign in to the account any more, no token of it is good, and its address and name are free for somebody new.

    What is left is a row without anything personal, to which the images belong until they have been removed.
    Raises what ``proof.prove`` raises, Stale when the row's version is none of ``if_versions``, Conflict (last_admin), and Unauthenticated
    (session_ended) where another request has closed it first.
    """
    known = proof.prove(user_id, password, network=network, session_id=session_id)
    with transaction():
        administrators.keep_one(user_id)
        _hold_unchanged(user_id, known.password_hash, if_versions=if_versions)
        _empty(user_id)
        changed_rows(sa.delete(Session).where(Session.user_id == user_id))
        # Their names are the person's own words.
        changed_rows(sa.delete(ApiKey).where(ApiKey.user_id == user_id))
        changed_rows(sa.delete(OneTimeToken).where(OneTimeToken.user_id == user_id))
        items.put_off(CLOSE_ACCOUNT, subject_id=user_id, owner_id=user_id, adapters=adapters)
    log.info("account closed", user=str(user_id))


def _hold_unchanged(user_id: uuid.UUID, password_hash: str, *, if_versions: frozenset[int] | None) -> None:
    """The row is locked, and the password still the one that was checked: computing the hash takes a while, in which it may be changed."""
    columns = sa.select(User.password_hash, User.disabled_at, User.updated_at)
    row = db.session.execute(columns.where(User.id == user_id).with_for_update()).first()
    if row is None or row.disabled_at is not None:
        raise sessions.ended()
    if row.password_hash != password_hash:
        raise WrongPassword
    if if_versions is not None and profiles.version(row.updated_at) not in if_versions:
        raise Stale


def _empty(user_id: uuid.UUID) -> None:
    # Neither an address nor a username that anybody could choose.
    nobody, now = f"{_CLOSED}{user_id.hex}", utc_now()
    changed_rows(
        sa.update(User)
        .where(User.id == user_id)
        .values(
            email=nobody,
            email_folded=nobody,
            pending_email=None,
            former_email=None,
            username=nobody,
            username_folded=nobody,
            password_hash=passwords.NOBODY,
            first_name="",
            last_name="",
            role="user",
            email_verified_at=None,
            disabled_at=now,
            updated_at=now,
        )
    )


def is_closed() -> sa.ColumnElement[bool]:
    """The row is what is left of an account that was closed."""
    return User.email_folded.startswith(_CLOSED)


def hold_closed(user_id: uuid.UUID) -> bool:
    """Whether there is a row of that user; until the open transaction ends, nobody adds anything that belongs to it."""
    return db.session.scalar(sa.select(User.id).where(User.id == user_id).with_for_update()) is not None


def forget(user_id: uuid.UUID) -> None:
    """The open transaction leaves nothing of the user, whose images are gone: row, keys of repeats, pieces of work."""
    changed_rows(sa.delete(IdempotencyKey).where(IdempotencyKey.owner_id == user_id))
    items.withdraw_all(user_id)
    changed_rows(sa.delete(User).where(User.id == user_id))
    log.info("nothing of a closed account is left", user=str(user_id))
