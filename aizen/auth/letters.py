"""The letters that accounts cause: each a kind of work on a user, which makes the token that it carries when it is written.

A work item knows the user and the kind, and nothing else: no address or token lies in the queue, and a second try replaces the first one's
token.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from aizen.adapters import Adapters
from aizen.auth import one_time
from aizen.auth.folding import fold
from aizen.auth.models import User
from aizen.auth.one_time import Purpose
from aizen.database import db, transaction
from aizen.errors import AizenError, NotFound
from aizen.mail import Letter, Link, write
from aizen.settings import Settings
from aizen.work import items
from aizen.work.kinds import Lease, Record

# The name space of ids that stand for addresses which nobody has here.
_NOBODY = uuid.UUID("6d1c1d3e-6f0b-4c55-9c53-0d7c1d0b7a4e")


@dataclass(frozen=True)
class Occasion:
    """Why somebody is written to. ``kind`` is the kind of work.

    ``address`` answers where the letter goes, None where there is no reason to write any more. With a ``purpose`` it carries a token.
    """

    kind: str
    compose: Callable[[User, str, str, Settings], Letter]
    purpose: Purpose | None = None
    address: Callable[[User], str | None] = lambda user: user.email


def put_off(occasion: Occasion, user_id: uuid.UUID, adapters: Adapters) -> None:
    """The open transaction has a letter to that user put off; one that has not been sent yet is not doubled."""
    items.ensure(occasion.kind, subject_id=user_id, owner_id=user_id, adapters=adapters)


def put_off_to_address(occasion: Occasion, email: str, adapters: Adapters, *, pause_seconds: float = 0) -> None:
    """A letter to whoever has that address is put off: the same statements and the same hint whether or not anybody has.

    While their last link is younger than ``pause_seconds`` and unused there is no other letter: nobody's mailbox can be filled, and the
    link that lies there is as good as another.
    """
    with transaction():
        found = db.session.scalar(sa.select(User.id).where(User.email_folded == fold(email), User.disabled_at.is_(None)))
        user_id = found or uuid.uuid5(_NOBODY, fold(email))
        young = one_time.is_young(occasion.purpose, user_id, seconds=pause_seconds) if occasion.purpose else sa.false()
        items.ensure_alike(occasion.kind, subject_id=user_id, owner_id=user_id, adapters=adapters, unless=young)


def send(occasion: Occasion, lease: Lease, adapters: Adapters) -> Record:
    """The letter has been handed over. Nothing is left to record."""
    with transaction():
        user = db.session.get(User, lease.subject_id, populate_existing=True)
        address = occasion.address(user) if user is not None and user.disabled_at is None else None
        token = ""
        if user is not None and address is not None and occasion.purpose is not None:
            token = one_time.issue(occasion.purpose, user_id=user.id, email=address, settings=adapters.settings)
    if user is not None and address is not None:
        adapters.mailer.send(occasion.compose(user, address, token, adapters.settings))
    return lambda: None


def need_somebody(user_id: uuid.UUID, _state: str) -> None:
    """The open transaction finds the user. Raises NotFound, with which work for nobody is forgotten."""
    if db.session.scalar(sa.select(User.id).where(User.id == user_id)) is None:
        raise NotFound


def not_sent(user_id: uuid.UUID, error: AizenError, adapters: Adapters) -> None:
    """Nothing of the user's changes when a letter cannot be sent: they ask for another one."""
    need_somebody(user_id, "failed")


def _verification(user: User, address: str, token: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="Confirm your e-mail address",
        paragraphs=[f"Hello {user.username},", "please confirm that this is your e-mail address."],
        link=Link("Confirm the address", f"{settings.base_url}/api/v1/auth/verify-email/{token}"),
        after=["If you did not make an account, somebody mistyped their address: do nothing, and nothing happens."],
    )


VERIFICATION = Occasion(
    "send_verification", _verification, "verify_email", address=lambda user: user.email if not user.email_verified_at else None
)


def _password_reset(user: User, address: str, token: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="Choose a new password",
        paragraphs=[f"Hello {user.username},", "somebody, probably you, has asked for a new password for your account."],
        # Browsers keep what follows the # to themselves: the token stands in no log of a server.
        link=Link("Choose a new password", f"{settings.page_url}/reset-password#token={token}"),
        after=[
            f"The link is good once, and for {_told(settings.password_reset_seconds)}.",
            "If it was not you, do nothing: your password stays as it is.",
        ],
    )


def _told(seconds: int) -> str:
    """The time in the largest unit that leaves nothing over."""
    size, unit = next((size, unit) for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")) if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}" + ("s" if count != 1 else "")


def _password_changed(user: User, address: str, _token: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="Your password was changed",
        paragraphs=[
            f"Hello {user.username},",
            "the password of your account was changed, and everybody who was signed in to it elsewhere is signed out.",
            "If it was not you, choose a new one at once:",
        ],
        link=Link("Choose a new password", f"{settings.page_url}/reset-password"),
    )


PASSWORD_RESET = Occasion("send_password_reset", _password_reset, "reset_password")
PASSWORD_CHANGED = Occasion("send_password_changed", _password_changed)

OCCASIONS = (VERIFICATION, PASSWORD_RESET, PASSWORD_CHANGED)
