"""Tokens that are good for one thing once: random, hashed at rest, expiring, one live at a time for each user and purpose."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.auth.models import OneTimeToken, User
from aizen.database import changed_rows, db, new_id, transaction, upsert, utc_now
from aizen.errors import FieldError, Invalid
from aizen.settings import Settings

Purpose = Literal["verify_email", "change_email", "reset_password"]
_BYTES = 32
# Nothing of ours is longer; what is, is not even hashed.
LONGEST = 100


@dataclass(frozen=True)
class Redeemed:
    """What a token said: whose it was, what for, and the address that it was sent to. ``was_used``: it came for the second time."""

    user_id: uuid.UUID
    purpose: Purpose
    email: str
    was_used: bool


def life_seconds(purpose: Purpose, settings: Settings) -> int:
    """How long a token for that purpose is good."""
    return settings.password_reset_seconds if purpose == "reset_password" else settings.verification_seconds


def issue(purpose: Purpose, *, user_id: uuid.UUID, email: str, settings: Settings) -> str:
    """The open transaction has a new token in the place of the former one; the answer is what is sent, and kept nowhere."""
    token = secrets.token_urlsafe(_BYTES)
    now = utc_now()
    fresh = {
        "id": new_id(),
        "digest": _digest(token),
        "email": email,
        "created_at": now,
        "expires_at": now + timedelta(seconds=life_seconds(purpose, settings)),
        "used_at": None,
    }
    statement = upsert(OneTimeToken).values(user_id=user_id, purpose=purpose, **fresh)
    db.session.execute(statement.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=fresh))
    return token


def redeem(token: str, *purposes: Purpose) -> Redeemed:
    """The open transaction has used the token up, if it is a live one for one of these purposes.

    Of many at once one finds it unused. A used one that has not expired is told as such; whoever cannot be content with that raises
    ``not_valid``. Raises what ``not_valid`` answers for everything else, and never says which of its reasons it was.
    """
    if len(token) > LONGEST:
        raise not_valid()
    now = utc_now()
    ours = sa.and_(OneTimeToken.digest == _digest(token), OneTimeToken.purpose.in_(purposes), OneTimeToken.expires_at > now)
    # Whoever changes an account locks the user's row and then its tokens: in that order here too, or two would wait for each other.
    user_id = db.session.scalar(sa.select(OneTimeToken.user_id).where(ours))
    if user_id is None:
        raise not_valid()
    db.session.execute(sa.select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    used = changed_rows(sa.update(OneTimeToken).where(ours, OneTimeToken.used_at.is_(None)).values(used_at=now))
    row = db.session.execute(sa.select(OneTimeToken.user_id, OneTimeToken.purpose, OneTimeToken.email).where(ours)).first()
    if row is None:
        raise not_valid()
    return Redeemed(row.user_id, row.purpose, row.email, was_used=not used)


def not_valid() -> Invalid:
    """The one error for a token that was used, has expired, was replaced by a newer one, or never was one."""
    detail = "This link is not valid: it was used, has expired, or a newer one was sent. Ask for a new one."
    return Invalid(detail, code="token_not_valid", errors=[FieldError("/token", "token_not_valid", detail)])


def find(token: str, purpose: Purpose) -> Redeemed:
    """What a live, unused token for that purpose says; it stays so. Raises what ``not_valid`` answers. To be asked inside ``reading``."""
    if len(token) > LONGEST:
        raise not_valid()
    ours = sa.and_(OneTimeToken.digest == _digest(token), OneTimeToken.purpose == purpose, OneTimeToken.expires_at > utc_now())
    row = db.session.execute(sa.select(OneTimeToken.user_id, OneTimeToken.email).where(ours, OneTimeToken.used_at.is_(None))).first()
    if row is None:
        raise not_valid()
    return Redeemed(row.user_id, purpose, row.email, was_used=False)


def is_young(purpose: Purpose, user_id: uuid.UUID, *, seconds: float) -> sa.ColumnElement[bool]:
    """Whether that user was given a token less than so many seconds ago, which is still good."""
    now = utc_now()
    made = sa.and_(OneTimeToken.created_at > now - timedelta(seconds=seconds), OneTimeToken.expires_at > now)
    return sa.exists().where(OneTimeToken.user_id == user_id, OneTimeToken.purpose == purpose, OneTimeToken.used_at.is_(None), made)


def sent_to(purpose: Purpose, user_id: uuid.UUID) -> str | None:
    """The address that the user's token for that purpose was made for, if there is one."""
    theirs = sa.and_(OneTimeToken.user_id == user_id, OneTimeToken.purpose == purpose)
    return db.session.scalar(sa.select(OneTimeToken.email).where(theirs))


def withdraw(user_id: uuid.UUID, *purposes: Purpose) -> None:
    """The open transaction leaves no token of that user for these purposes."""
    db.session.execute(sa.delete(OneTimeToken).where(OneTimeToken.user_id == user_id, OneTimeToken.purpose.in_(purposes)))


def forget_expired(adapters: Adapters) -> int:
    """How many expired tokens are gone."""
    with transaction():
        return changed_rows(sa.delete(OneTimeToken).where(OneTimeToken.expires_at < utc_now()))


def _digest(token: str) -> str:
    # The token has 256 random bits: a slow hash would protect nothing more.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
