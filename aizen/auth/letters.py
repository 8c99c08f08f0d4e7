"""The letters that accounts cause: each a kind of work on a user, which makes the token that it carries when it is written.

A work item knows the user and the kind, and nothing else: no address or token lies in the queue, and a second try replaces the first one's
token. An item is gone once its letter was handed over; one that could not be sent stays,
failed with its reason, for a while.

A worker that dies between handing a letter over and recording it leaves the item to the next, who sends the letter once more: a mail server
and our database cannot agree on both at once, and twice is better than never. Of two letters with a link the later one's is good.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters
from aizen.auth import one_time
from aizen.auth.folding import fold
from aizen.auth.models import ApiKey, User
from aizen.auth.one_time import Purpose
from aizen.database import changed_rows, clock_ms, db, reading, transaction
from aizen.errors import AizenError, NotFound
from aizen.mail import Letter, Link, write
from aizen.settings import Settings
from aizen.work import items
from aizen.work.kinds import Lease, Record
from aizen.work.models import WorkItem

# The name space of ids that stand for addresses which nobody has here.
_NOBODY = uuid.UUID("6d1c1d3e-6f0b-4c55-9c53-0d7c1d0b7a4e")


def _own(user: User) -> str | None:
    return user.email


def _nothing_more(_user_id: uuid.UUID) -> None:
    """Nothing follows but that the letter was sent."""


def _nothing_changes(_user_id: uuid.UUID, _adapters: Adapters) -> None:
    """Nothing of the user's changes where the letter cannot be sent: they ask for another one."""


@dataclass(frozen=True)
class Occasion:
    """Why somebody is written to. ``kind`` is the kind of work.

    ``address`` answers, inside a transaction, where the letter goes: None where there is no reason to write any more. With a ``purpose`` it
    carries a token. ``sent`` and ``failed`` record, in the transaction that ends the work, what follows from the letter, or from its having
    failed for good. Where the letter ``is_about_address``, another follows if the address is another one by the time it has left.
    """

    kind: str
    compose: Callable[[User, str, str, Settings], Letter]
    purpose: Purpose | None = None
    address: Callable[[User], str | None] = _own
    sent: Callable[[uuid.UUID], None] = _nothing_more
    failed: Callable[[uuid.UUID, Adapters], None] = _nothing_changes
    is_about_address: bool = False


def put_off(occasion: Occasion, user_id: uuid.UUID, adapters: Adapters) -> None:
    """The open transaction has a letter to that user put off; one that has not been sent yet is not doubled."""
    try:
        with db.session.begin_nested():
            items.ensure(occasion.kind, subject_id=user_id, owner_id=user_id, adapters=adapters)
    except IntegrityError:
        return  # somebody else put it off at this very moment


def put_off_to_address(occasion: Occasion, email: str, adapters: Adapters, *, pause_seconds: float = 0) -> None:
    """A letter to whoever has that address is put off: the same statements and the same hint whether or not anybody has.

    While their last link is younger than ``pause_seconds`` and unused there is no other letter: nobody's mailbox can be filled, and the
    link that lies there is as good as another.
    """
    with transaction():
        user_id = whoever_has(email)
        young = one_time.is_young(occasion.purpose, user_id, seconds=pause_seconds) if occasion.purpose else sa.false()
        items.ensure_alike(occasion.kind, subject_id=user_id, owner_id=user_id, adapters=adapters, unless=young)


def whoever_has(email: str, *, besides: uuid.UUID | None = None) -> uuid.UUID:
    """The id of the user with that address, or one that stands for nobody: the worker then finds nobody to write to."""
    found = db.session.scalar(sa.select(User.id).where(User.email_folded == fold(email)))
    return uuid.uuid5(_NOBODY, fold(email)) if found is None or found == besides else found


def send(occasion: Occasion, lease: Lease, adapters: Adapters) -> Record:
    """The letter has been handed over, or there was no reason for it any more; what is recorded is that the work is gone.

    Unless there is reason for another one by then: whoever had it put off meanwhile found this one under way, and put off nothing.
    """
    with transaction():
        # Locked: an account that is closed right now leaves no token with its former address behind.
        user = _locked(lease.subject_id)
        address = _address(occasion, user)
        token = ""
        if user is not None and address is not None and occasion.purpose is not None:
            token = one_time.issue(occasion.purpose, user_id=user.id, email=address, settings=adapters.settings)
    if user is not None and address is not None:
        adapters.mailer.send(occasion.compose(user, address, token, adapters.settings))

    def record() -> None:
        # Locked before it is looked at: a wish that is being written down right now is waited for.
        user = _locked(lease.subject_id)
        if address is not None:
            occasion.sent(lease.subject_id)
        if occasion.is_about_address and _address(occasion, user) not in (None, address):
            items.redo(occasion.kind, subject_id=lease.subject_id, adapters=adapters)
        else:
            items.forget(lease.item_id)

    return record


def _address(occasion: Occasion, user: User | None) -> str | None:
    return occasion.address(user) if user is not None and user.disabled_at is None else None


def _locked(user_id: uuid.UUID) -> User | None:
    """The user as they are until the open transaction ends: nobody changes or closes the account meanwhile."""
    return db.session.get(User, user_id, populate_existing=True, with_for_update={"key_share": True})


def need_somebody(user_id: uuid.UUID, _state: str) -> None:
    """The open transaction finds the user. Raises NotFound, with which work for nobody is forgotten."""
    if db.session.scalar(sa.select(User.id).where(User.id == user_id)) is None:
        raise NotFound


def not_sent(occasion: Occasion, user_id: uuid.UUID, _error: AizenError, adapters: Adapters) -> None:
    """The open transaction has what follows from a letter that failed for good. Raises NotFound where there is nobody any more."""
    need_somebody(user_id, "failed")
    occasion.failed(user_id, adapters)


def _link_that_verifies(label: str, token: str, settings: Settings) -> Link:
    return Link(label, f"{settings.base_url}/api/v1/auth/verify-email/{token}")


def _days(count: int) -> str:
    hours = count // 3600
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours > 1 else f"{max(1, count // 60)} minutes"


def _verification(user: User, address: str, token: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="Confirm your e-mail address",
        paragraphs=[f"Hello {user.username},", "please confirm that this is your e-mail address."],
        link=_link_that_verifies("Confirm the address", token, settings),
        after=[
            f"The link is good for {_days(settings.verification_seconds)}.",
            "If you did not make an account, somebody mistyped their address: do nothing, and nothing happens.",
        ],
    )


def _unverified(user: User) -> str | None:
    return None if user.email_verified_at else user.email


VERIFICATION = Occasion("send_verification", _verification, "verify_email", address=_unverified)


def _choose(settings: Settings) -> Link:
    """To where everybody gets another link, who has the mailbox."""
    return Link("Choose a new password", f"{settings.page_url}/forgot-password")


def _somebody_tried(user: User, address: str, _token: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="You have an account already",
        paragraphs=[
            f"Hello {user.username},",
            "somebody tried to use your e-mail address for an account. Nothing has changed, and they were not told that it is yours.",
            "If that was you: you have an account with this address already. Sign in to it. If you do not know its password, choose"
            " a new one.",
        ],
        link=_choose(settings),
        after=["If it was not you, there is nothing to do."],
    )


# To the owner of an address that somebody else named as theirs.
SOMEBODY_TRIED = Occasion("send_somebody_tried", _somebody_tried)


def _change(user: User, address: str, token: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="Confirm your new e-mail address",
        paragraphs=[f"Hello {user.username},", f"please confirm that {address} is to be the e-mail address of your account."],
        link=_link_that_verifies("Confirm the new address", token, settings),
        after=[
            f"The link is good for {_days(settings.verification_seconds)}. Until it is opened, your former address stays.",
            "If you did not ask for this, somebody mistyped their address: do nothing, and nothing happens.",
        ],
    )


def _pending_and_free(user: User) -> str | None:
    """The address that the user wants, but not one that somebody has: who asked for that is told nothing, here as elsewhere."""
    if user.pending_email is None:
        return None
    is_taken = sa.select(sa.exists().where(User.email_folded == fold(user.pending_email), User.id != user.id))
    return None if db.session.scalar(is_taken) else user.pending_email


def _write_to_newer_wish(user_id: uuid.UUID, adapters: Adapters) -> None:
    """Where it failed for an address that the user does not want any more, the one that they want now has its letter put off."""
    wanted = _address(CHANGE, _locked(user_id))
    if wanted not in (None, one_time.sent_to("change_email", user_id)):
        items.run_again(CHANGE.kind, subject_id=user_id, adapters=adapters)


CHANGE = Occasion("send_change", _change, "change_email", address=_pending_and_free, failed=_write_to_newer_wish, is_about_address=True)


def _change_asked(user: User, address: str, _token: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="Your e-mail address is about to change",
        paragraphs=[
            f"Hello {user.username},",
            "somebody who knows your password asked for another e-mail address for your account."
            " It changes as soon as the new address is confirmed.",
            "If that was you, there is nothing to do here. If it was not, choose a new password now: then the new address can be"
            " confirmed no more.",
        ],
        link=_choose(settings),
    )


def _address_before_change(user: User) -> str | None:
    return user.email if user.pending_email else None


CHANGE_ASKED = Occasion("send_change_asked", _change_asked, address=_address_before_change)


def _changed(user: User, address: str, _token: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="Your e-mail address was changed",
        paragraphs=[
            f"Hello {user.username},",
            "your account has another e-mail address now. This one opens it no more, and gets no further e-mails.",
        ],
        after=[f"If you did not do that, write to whoever runs {settings.page_url}."],
    )


def _forget_former_address(user_id: uuid.UUID, _adapters: Adapters | None = None) -> None:
    """Told or not to be told: the next change has its own. A former address never becomes another while it stands here."""
    db.session.execute(sa.update(User).where(User.id == user_id).values(former_email=None))


CHANGED = Occasion(
    "send_changed",
    _changed,
    address=lambda user: user.former_email,
    sent=_forget_former_address,
    failed=_forget_former_address,
    is_about_address=True,
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


def _password_was_reset(user: User, address: str, _token: str, settings: Settings) -> Letter:
    keys = "Its API keys are revoked: programs that used one need a new one."
    return _new_password(user, address, f"everybody who was signed in to it is signed out. {keys}", settings)


def _password_changed(user: User, address: str, _token: str, settings: Settings) -> Letter:
    keys = "API keys go on: if it was not you, revoke them too."
    return _new_password(user, address, f"everybody who was signed in to it elsewhere is signed out. {keys}", settings)


def _new_password(user: User, address: str, ended: str, settings: Settings) -> Letter:
    return write(
        to=address,
        subject="Your password was changed",
        paragraphs=[
            f"Hello {user.username},",
            f"the password of your account was changed, and {ended}",
            "If it was not you, choose a new one at once, by a link that is sent to this address. That revokes every API key:",
        ],
        link=_choose(settings),
    )


PASSWORD_RESET = Occasion("send_password_reset", _password_reset, "reset_password")
PASSWORD_WAS_RESET = Occasion("send_password_was_reset", _password_was_reset)
PASSWORD_CHANGED = Occasion("send_password_changed", _password_changed)


def _key_made(user: User, address: str, _token: str, settings: Settings) -> Letter:
    newest = sa.select(ApiKey.name, ApiKey.scopes, ApiKey.created_at).where(ApiKey.user_id == user.id).order_by(ApiKey.created_at.desc())
    with reading():
        key = db.session.execute(newest.limit(1)).first()
    # It is gone only where the account was closed at this very moment.
    told = f"\u201c{key.name}\u201d, made {key.created_at:%Y-%m-%d %H:%M} UTC, may: {', '.join(key.scopes)}." if key else ""
    return write(
        to=address,
        subject="A new API key was made",
        paragraphs=[
            f"Hello {user.username},",
            "a program can reach your account with a new API key.",
            *([told] if told else []),
            "If it was not you, choose a new password by a link: that revokes every API key, and signs everybody out.",
        ],
        link=_choose(settings),
    )


# Of several keys in a row the newest is told.
KEY_MADE = Occasion("send_key_made", _key_made)

OCCASIONS = (
    VERIFICATION,
    SOMEBODY_TRIED,
    CHANGE,
    CHANGE_ASKED,
    CHANGED,
    PASSWORD_RESET,
    PASSWORD_WAS_RESET,
    PASSWORD_CHANGED,
    KEY_MADE,
)


def forget_failed(adapters: Adapters) -> int:
    """How many letters are gone that failed for good, and were last due ``failed_letter_seconds`` ago: they would tell of what is old."""
    since = clock_ms() - adapters.settings.failed_letter_seconds * 1000
    ours = WorkItem.kind.in_([occasion.kind for occasion in OCCASIONS])
    with transaction():
        return changed_rows(sa.delete(WorkItem).where(ours, WorkItem.state == "failed", WorkItem.not_before < since))
