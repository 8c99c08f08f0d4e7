"""Accounts: how somebody joins, how they prove who they are, and what is told of them."""

from __future__ import annotations

import re
import secrets
import string
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from aizen.auth import passwords, sessions
from aizen.auth.folding import fold
from aizen.auth.models import User
from aizen.auth.sessions import Origin
from aizen.auth.tokens import Pair
from aizen.database import broken_constraint, db, new_id, reading, transaction, utc_now
from aizen.errors import Conflict, FieldError, Invalid, NotFound, Unauthenticated
from aizen.settings import Settings

log = structlog.get_logger(__name__)

LONGEST_EMAIL = 254
SHORTEST_USERNAME, LONGEST_USERNAME = 3, 30
# ASCII only: a username stands beside public pictures, and no letter of another script shall pass for one of somebody else's name.
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RANDOM = string.ascii_lowercase + string.digits

_TAKEN = {
    "uq_users_email_folded": FieldError("/email", "taken", "There is an account with this e-mail address."),
    "uq_users_username_folded": FieldError("/username", "taken", "This username is taken."),
}


@dataclass(frozen=True)
class Account:
    """A user as they see themselves."""

    id: uuid.UUID
    email: str
    username: str
    first_name: str
    last_name: str
    date_joined: datetime
    email_verified: bool
    role: str


@dataclass(frozen=True)
class Joined:
    """A new account, signed in."""

    user: Account
    tokens: Pair


def register(email: str, password: str, *, username: str | None, origin: Origin, settings: Settings) -> Joined:
    """There is a new account, and its first session. Without a username it is called ``user-`` and 8 random characters.

    Raises Invalid for a password that may not be chosen, Conflict (taken) for an e-mail address or username that somebody has.
    """
    row = prepare(email, password, username=username)
    with transaction():
        account = add(row)
        pair = sessions.begin(account.id, origin=origin, settings=settings)
    log.info("account made", user=str(account.id))
    return Joined(account, pair)


def prepare(email: str, password: str, *, username: str | None) -> dict[str, Any]:
    """The row of a new account, its password checked and hashed, for ``add``. Raises Invalid for what may not be chosen."""
    if len(fold(email)) > LONGEST_EMAIL:
        raise Invalid(errors=[FieldError("/email", "too_long", f"Must have at most {LONGEST_EMAIL} characters.")])
    passwords.check(password, email=email, username=username)
    return _new_row(email, username=username or _random_username(), password_hash=passwords.hash_password(password))


def add(row: dict[str, Any]) -> Account:
    """The open transaction has the new account. Raises Conflict (taken) for an e-mail address or username that somebody has."""
    try:
        db.session.execute(sa.insert(User).values(row))
    except IntegrityError as error:
        raise _taken(error) from error
    return _account(User(**row))


def _new_row(email: str, *, username: str, password_hash: str) -> dict[str, Any]:
    now = utc_now()
    return {
        "id": new_id(),
        "email": email,
        "email_folded": fold(email),
        "username": username,
        "username_folded": fold(username),
        "password_hash": password_hash,
        "first_name": "",
        "last_name": "",
        "role": "user",
        "created_at": now,
        "updated_at": now,
    }


def _random_username() -> str:
    return "user-" + "".join(secrets.choice(_RANDOM) for _ in range(8))


def _taken(error: IntegrityError) -> Exception:
    field = _TAKEN.get(broken_constraint(error))
    return error if field is None else Conflict(field.detail, code="taken", errors=[field])


def sign_in(email: str, password: str, *, origin: Origin, settings: Settings) -> Pair:
    """There is a new session of the user with that e-mail address and password.

    Raises Unauthenticated (bad_credentials), in the same words and after the same work, for an unknown address, a wrong password and a
    disabled account.
    """
    with reading():
        user = db.session.execute(sa.select(User.id, User.password_hash, User.disabled_at).where(User.email_folded == fold(email))).first()
    is_right = passwords.is_right(password, user.password_hash if user else None)
    if user is None or not is_right or user.disabled_at is not None:
        log.info("sign-in refused", network=origin.network, user=str(user.id) if user else None)
        raise _bad_credentials()
    renewed = passwords.hash_password(password) if passwords.is_outdated(user.password_hash) else None
    with transaction():
        # While the hash was computed the password may have been changed, or the account closed. This lock lets neither happen from here on.
        unchanged = sa.and_(User.id == user.id, User.password_hash == user.password_hash, User.disabled_at.is_(None))
        if db.session.scalar(sa.select(User.id).where(unchanged).with_for_update(key_share=True)) is None:
            raise _bad_credentials()
        if renewed is not None:
            db.session.execute(sa.update(User).where(User.id == user.id).values(password_hash=renewed))
        return sessions.begin(user.id, origin=origin, settings=settings)


def _bad_credentials() -> Unauthenticated:
    return Unauthenticated("E-mail address or password is wrong.", code="bad_credentials")


def find(user_id: uuid.UUID) -> Account:
    """The account with that id. Raises NotFound."""
    with reading():
        user = db.session.get(User, user_id, populate_existing=True)
    if user is None:
        raise NotFound
    return _account(user)


def _account(user: User) -> Account:
    return Account(
        id=user.id,
        email=user.email,
        username=user.username,
        first_name=user.first_name,
        last_name=user.last_name,
        date_joined=user.created_at,
        email_verified=user.email_verified_at is not None,
        role=user.role,
    )
