"""The profile: what a user changes of their own account."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters
from aizen.auth import accounts, addresses, sessions
from aizen.auth.accounts import Account
from aizen.auth.folding import fold
from aizen.auth.models import User
from aizen.database import changed_rows, db, transaction, utc_now
from aizen.errors import FieldError, Invalid, Stale

SETTABLE = ("username", "first_name", "last_name")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def version(updated_at: datetime) -> int:
    """The version of a user's row that was changed then, which grows with every change: microseconds since 1970."""
    return (updated_at - _EPOCH) // _TICK


def change(
    user_id: uuid.UUID,
    sent: Mapping[str, Any],
    *,
    network: str,
    session_id: uuid.UUID | None,
    if_versions: frozenset[int] | None,
    adapters: Adapters,
) -> Account:
    """The account has what is sent of username, first_name and last_name; what is not named stays. All of it is done, or nothing.

    Another ``email`` takes ``current_password``, and is the account's once it is confirmed (``addresses.ask_for_change``).
    Of the other members of ``Account``, what is sent must be what they are. Of ``storage`` that is the quota: the bytes in use change
    by themselves, and whoever sends them back has read them a while ago.
    Raises Invalid for a member that cannot be changed, Conflict (taken) for a username that somebody has, Stale when the row's version is
    none of ``if_versions``, what ``addresses.prove_wish`` raises, and Unauthenticated (session_ended) for an account that has been closed
    or disabled meanwhile.
    """
    wish = None
    if "email" in sent and "current_password" in sent:
        wish = addresses.prove_wish(user_id, sent["email"], password=sent["current_password"], network=network, session_id=session_id)
    try:
        with transaction():
            user = _locked(user_id)
            if if_versions is not None and version(user.updated_at) not in if_versions:
                raise Stale
            _refuse_changes(sent, accounts.account_of(user, adapters.settings))
            if wish is None:
                _refuse_address(sent, user)
            else:
                addresses.ask_for_change(wish, adapters)
            _write(user, {name: sent[name] for name in SETTABLE if name in sent and sent[name] != getattr(user, name)})
            return accounts.account_of(_locked(user_id), adapters.settings)
    except IntegrityError as error:
        raise accounts.taken(error) from error


def _locked(user_id: uuid.UUID) -> User:
    user = db.session.get(User, user_id, populate_existing=True, with_for_update={"key_share": True})
    # Closed meanwhile: nothing personal is to be written into what is left of it.
    if user is None or user.disabled_at is not None:
        raise sessions.ended()
    return user


def _refuse_changes(sent: Mapping[str, Any], account: Account) -> None:
    wrong = [
        name
        for name in ("id", "date_joined", "email_verified", "pending_email", "role")
        if name in sent and sent[name] != getattr(account, name)
    ]
    wrong += ["storage"] if "storage" in sent and sent["storage"].get("quota", account.storage.quota) != account.storage.quota else []
    if wrong:
        raise Invalid(errors=[FieldError(f"/{name}", "read_only", "Cannot be changed here.") for name in wrong])


def _refuse_address(sent: Mapping[str, Any], user: User) -> None:
    """Another address is not simply set. The present one may be sent along, in whatever spelling means the same."""
    if "email" in sent and fold(sent["email"]) != user.email_folded:
        raise Invalid(errors=[FieldError("/email", "needs_password", "Another e-mail address takes `current_password` beside it.")])


def _write(user: User, changes: dict[str, str]) -> None:
    if not changes:
        return
    values: dict[str, Any] = dict(changes)
    if "username" in changes:
        values["username_folded"] = fold(changes["username"])
    # Later than before even where a clock has been set back, or two changes are of one microsecond.
    values["updated_at"] = max(utc_now(), user.updated_at + _TICK)
    changed_rows(sa.update(User).where(User.id == user.id).values(values))
