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

from aizen.adapters import Adapters
from aizen.auth import addresses, letters, passwords, quotas, sessions, throttles
from aizen.auth.folding import fold
from aizen.auth.models import User
from aizen.auth.quotas import Storage
from aizen.auth.sessions import Origin
from aizen.auth.tokens import Pair
from aizen.database import broken_constraint, db, new_id, reading, transaction, upsert, utc_now
from aizen.errors import Conflict, FieldError, NotFound, Unauthenticated
from aizen.settings import Settings

log = structlog.get_logger(__name__)

SHORTEST_USERNAME, LONGEST_USERNAME = 3, 30
LONGEST_NAME = 150
# ASCII only: a username stands beside public pictures, and no letter of another script shall pass for one of somebody else's name.
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RANDOM = string.ascii_lowercase + string.digits
# Written once, and read as a row: whoever opens a page asks who is signed in.
_USER = sa.select(sa.inspect(User).local_table).where(User.id == sa.bindparam("user_id"))

_TAKEN = {
    "uq_users_email_folded": addresses.TAKEN,
    "uq_users_username_folded": FieldError("/username", "taken", "This username is taken."),
}


@dataclass(frozen=True)
class Account:
    """A user as they see themselves."""

    id: uuid.UUID
    email: str
    pending_email: str | None
    username: str
    first_name: str
    last_name: str
    date_joined: datetime
    email_verified: bool
    role: str
    storage: Storage
    updated_at: datetime


@dataclass(frozen=True)
class Joined:
    """A new account, signed in."""

    user: Account
    tokens: Pair


def register(email: str, password: str, *, username: str | None, origin: Origin, adapters: Adapters) -> Joined:
    """There is a new account, its first session, and a link to its address, but with EMAIL_VERIFICATION=off.

    Without a username it is called ``user-`` and 8 random characters.
    Raises Invalid for a password that may not be chosen, Conflict (taken) for an e-mail address or username that somebody has.
    """
    row = prepare(email, password, username=username)
    with transaction():
        user = add(row)
        pair = sessions.begin(user.id, origin=origin, settings=adapters.settings)
        if adapters.settings.email_verification != "off":
            letters.put_off(letters.VERIFICATION, user.id, adapters)
    log.info("account made", user=str(user.id))
    return Joined(account_of(user, adapters.settings), pair)


def ask_to_join(email: str, password: str, *, username: str | None, adapters: Adapters) -> None:
    """There is an account with that address, and its owner has been written to: a link if it is new, else that somebody tried.

    Nothing that is answered, and no number or kind of statements, tells the two apart: for EMAIL_VERIFICATION=required. Past the letters
    that one address may be sent, nobody is written to.
    Raises Invalid for a password that may not be chosen, and Conflict (taken) for a username that somebody has, whoever has the address.
    """
    row = prepare(email, password, username=username)
    may_write = throttles.has_room("join", email)
    try:
        with transaction():
            # Asked before, since for an address that is known nothing is inserted, and no constraint would speak up for the username. Where
            # somebody takes it right now, the constraint does.
            if db.session.scalar(sa.select(sa.exists().where(User.username_folded == row["username_folded"]))):
                raise _conflict("uq_users_username_folded")
            db.session.execute(upsert(User).values(row).on_conflict_do_nothing(index_elements=["email_folded"]))
            owner = letters.whoever_has(email)
            if may_write:
                letters.put_off(letters.VERIFICATION if owner == row["id"] else letters.SOMEBODY_TRIED, owner, adapters)
    except IntegrityError as error:
        raise taken(error) from error
    log.info("registration taken")


def prepare(email: str, password: str, *, username: str | None) -> dict[str, Any]:
    """The row of a new account, its password checked and hashed, for ``add``. Raises Invalid for what may not be chosen."""
    addresses.require_length(email)
    passwords.check(password, email=email, username=username)
    return _new_row(email, username=username or _random_username(), password_hash=passwords.hash_password(password))


def add(row: dict[str, Any]) -> User:
    """The open transaction has the new account. Raises Conflict (taken) for an e-mail address or username that somebody has."""
    try:
        db.session.execute(sa.insert(User).values(row))
    except IntegrityError as error:
        raise taken(error) from error
    return User(**row)


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
        "storage_used": 0,
        "created_at": now,
        "updated_at": now,
    }


def _random_username() -> str:
    return "user-" + "".join(secrets.choice(_RANDOM) for _ in range(8))


def taken(error: IntegrityError) -> Exception:
    """The Conflict that names the field which somebody else has; any other broken constraint stays what it is."""
    name = broken_constraint(error)
    return _conflict(name) if name in _TAKEN else error


def _conflict(constraint: str) -> Conflict:
    field = _TAKEN[constraint]
    return Conflict(field.detail, code="taken", errors=[field])


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


def find(user_id: uuid.UUID, settings: Settings) -> Account:
    """The account with that id. Raises NotFound."""
    with reading():
        user = db.session.connection().execute(_USER, {"user_id": user_id}).first()
    if user is None:
        raise NotFound
    return account_of(user, settings)


def account_of(user: User | sa.Row[Any], settings: Settings) -> Account:
    """The user of that row as they see themselves."""
    return Account(
        id=user.id,
        email=user.email,
        pending_email=user.pending_email,
        username=user.username,
        first_name=user.first_name,
        last_name=user.last_name,
        date_joined=user.created_at,
        email_verified=user.email_verified_at is not None,
        role=user.role,
        storage=quotas.storage_of(user, settings),
        updated_at=user.updated_at,
    )
