"""A new password in the place of one that was forgotten, or that its user wants to leave behind."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.auth import addresses, keys, letters, one_time, passwords, proof, sessions
from aizen.auth.folding import fold
from aizen.auth.models import User
from aizen.auth.one_time import Redeemed
from aizen.auth.sessions import Origin
from aizen.database import changed_rows, db, reading, transaction, utc_now
from aizen.errors import FieldError, Invalid, WrongPassword

log = structlog.get_logger(__name__)


def ask_for_reset(email: str, adapters: Adapters) -> None:
    """A letter with a link is put off to whoever has that address. Nothing here tells whether anybody has."""
    pause = adapters.settings.password_reset_pause_seconds
    letters.put_off_to_address(letters.PASSWORD_RESET, email, adapters, pause_seconds=pause)


def reset(token: str, password: str, *, origin: Origin, adapters: Adapters) -> None:
    """The token's user has the new password, and nobody is signed in to the account, nor has an API key of it.

    The address that the token was sent to is proved by it, and still has to be the account's. A password that may not be chosen leaves
    the token as it was. Raises Invalid: what ``one_time.not_valid`` answers, or what ``passwords.check`` raises.
    """
    with reading():
        whose = _still_theirs(one_time.find(token, "reset_password"))
        user = db.session.scalar(sa.select(User).where(whose).execution_options(populate_existing=True))
    if user is None:
        raise one_time.not_valid()
    _check(password, user)
    password_hash = passwords.hash_password(password)
    with transaction():
        sent = one_time.redeem(token, "reset_password")
        proved = {"email_verified_at": sa.func.coalesce(User.email_verified_at, sa.literal(utc_now(), User.email_verified_at.type))}
        if sent.was_used or not _replace(_still_theirs(sent), password_hash, proved):
            raise one_time.not_valid()
        sessions.end_all(sent.user_id)
        keys.revoke_all(sent.user_id)
        sessions.know(sent.user_id, origin=origin, settings=adapters.settings)
        _tell(letters.PASSWORD_WAS_RESET, sent.user_id, adapters)
    log.info("password reset", user=str(sent.user_id), network=origin.network)


def _still_theirs(sent: Redeemed) -> sa.ColumnElement[bool]:
    return sa.and_(User.id == sent.user_id, User.email_folded == fold(sent.email), User.disabled_at.is_(None))


def change(user_id: uuid.UUID, *, current: str, password: str, network: str, session_id: uuid.UUID | None, adapters: Adapters) -> None:
    """The user has the new password, and every session but that one has ended. API keys go on.

    Of two changes at once, the second finds its current password wrong. Raises what ``proof.prove`` raises, or Invalid: same_as_before,
    or what ``passwords.check`` raises.
    """
    user = proof.prove(user_id, current, network=network, session_id=session_id, pointer="/current_password")
    if password == current:
        raise Invalid(errors=[FieldError("/password", "same_as_before", "This is your password now. Choose another one.")])
    _check(password, user)
    password_hash = passwords.hash_password(password)
    with transaction():
        unchanged = sa.and_(User.id == user_id, User.password_hash == user.password_hash, User.disabled_at.is_(None))
        if not _replace(unchanged, password_hash, {}):
            raise WrongPassword(pointer="/current_password")
        sessions.end_all(user_id, but=session_id)
        _tell(letters.PASSWORD_CHANGED, user_id, adapters)
    log.info("password changed", user=str(user_id))


def _check(password: str, user: User) -> None:
    passwords.check(password, email=user.email, username=user.username, names=(user.first_name, user.last_name))


def _replace(whose: sa.ColumnElement[bool], password_hash: str, proved: dict[str, Any]) -> bool:
    """Whether such a user was there; they have the new password."""
    values = {"password_hash": password_hash, "updated_at": utc_now(), **proved}
    return bool(changed_rows(sa.update(User).where(whose).values(values)))


def _tell(occasion: letters.Occasion, user_id: uuid.UUID, adapters: Adapters) -> None:
    """Links that were sent before are dead, that of another address, for which a thief may have asked, too; and the owner hears of it."""
    one_time.withdraw(user_id, "reset_password")
    addresses.drop_change(user_id)
    letters.put_off(occasion, user_id, adapters)
