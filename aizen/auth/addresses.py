"""E-mail addresses of accounts: how one is confirmed, and how it becomes another one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters
from aizen.auth import letters, one_time, passwords, throttles
from aizen.auth.folding import fold
from aizen.auth.models import User
from aizen.auth.one_time import Redeemed
from aizen.database import broken_constraint, changed_rows, db, reading, transaction, utc_now
from aizen.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound

log = structlog.get_logger(__name__)

LONGEST = 254
TAKEN = FieldError("/email", "taken", "There is an account with this e-mail address.")


@dataclass(frozen=True)
class Confirmed:
    """An address that is its user's, as they have shown."""

    email: str
    email_verified: bool = True


def require_length(email: str) -> None:
    """The address fits its column as it is compared too. Raises Invalid (too_long)."""
    if len(fold(email)) > LONGEST:
        raise Invalid(errors=[FieldError("/email", "too_long", f"Must have at most {LONGEST} characters.")])


def confirm(token: str, adapters: Adapters) -> Confirmed:
    """The address that the token was sent to is verified; if it was sent to one that the user wanted to change to, that is theirs now.

    A used token that has not expired is answered like the first time as long as that address is the user's: programs that look for malice
    in e-mails open links before people do. It does not verify any other address.
    Raises Invalid (token_not_valid), and Conflict (taken) where somebody got the address in the meantime; then nothing has changed.
    """
    try:
        with transaction():
            redeemed = one_time.redeem(token, "verify_email", "change_email")
            if redeemed.was_used:
                _require_verified(redeemed)
            elif redeemed.purpose == "change_email":
                _change(redeemed, adapters)
            else:
                _verify(redeemed)
    except IntegrityError as error:
        if broken_constraint(error) != "uq_users_email_folded":
            raise
        raise Conflict("Another account has this e-mail address by now.", code="taken", errors=[TAKEN]) from error
    if not redeemed.was_used:
        log.info("address confirmed", user=str(redeemed.user_id))
    return Confirmed(redeemed.email)


def _of(redeemed: Redeemed) -> sa.ColumnElement[bool]:
    return sa.and_(User.id == redeemed.user_id, User.disabled_at.is_(None))


def _require_verified(redeemed: Redeemed) -> None:
    is_theirs = sa.and_(_of(redeemed), User.email == redeemed.email, User.email_verified_at.is_not(None))
    if db.session.scalar(sa.select(User.id).where(is_theirs)) is None:
        raise one_time.not_valid()


def _verify(redeemed: Redeemed) -> None:
    now = utc_now()
    theirs = sa.update(User).where(_of(redeemed), User.email == redeemed.email)
    if not changed_rows(theirs.values(email_verified_at=sa.func.coalesce(User.email_verified_at, now), updated_at=now)):
        raise one_time.not_valid()


def _change(redeemed: Redeemed, adapters: Adapters) -> None:
    wanted = sa.and_(_of(redeemed), User.pending_email == redeemed.email)
    if not changed_rows(sa.update(User).where(wanted).values(_new_address(redeemed.email, verified_at=utc_now()))):
        raise one_time.not_valid()
    _leave_former_address(redeemed.user_id, adapters)


def _new_address(email: str, *, verified_at: datetime | None) -> dict[str, object]:
    return {
        "updated_at": utc_now(),
        "email_verified_at": verified_at,
        "email": email,
        "email_folded": fold(email),
        "pending_email": None,
        # The address that was theirs longest, where two changes follow each other before a letter has left.
        "former_email": sa.func.coalesce(User.former_email, User.email),
    }


def _leave_former_address(user_id: uuid.UUID, adapters: Adapters) -> None:
    """The open transaction lets what was sent to the former address open nothing any more, and has that address told."""
    one_time.withdraw(user_id, "verify_email", "reset_password")
    letters.put_off(letters.CHANGED, user_id, adapters)


def ask_for_change(
    user_id: uuid.UUID, new_email: str, *, password: str, network: str, adapters: Adapters
) -> Literal["unchanged", "pending", "changed"]:
    """The user's address becomes ``new_email`` once the link that is sent there is opened; until then nothing changes but that.

    The present address is told at once, and again after the change. Whether somebody has the new address already makes no difference to
    what is answered or done here: its owner is told that somebody tried, and no link is sent. With EMAIL_VERIFICATION=off the address
    changes at once and is not verified.

    ``unchanged``: it is the present address, and what was asked for before is dropped.
    Raises NotAllowed (wrong_password), which counts like a failed sign-in from ``network``, TooMany, Invalid (too_long), NotFound where the
    account has gone, and Conflict (taken) with EMAIL_VERIFICATION=off.
    """
    require_length(new_email)
    with reading():
        user = db.session.execute(sa.select(User.email, User.password_hash).where(User.id == user_id)).first()
    if user is None:
        raise NotFound
    with throttles.try_of(user.email, network):
        if not passwords.is_right(password, user.password_hash):
            log.info("password refused", network=network, user=str(user_id))
            raise wrong_password()
    if new_email == user.email:
        with transaction():
            drop_change(user_id)
        return "unchanged"
    throttles.admit_letter_of_client()
    throttles.admit_letter("change", new_email)
    if adapters.settings.email_verification == "off":
        _change_at_once(user_id, new_email, user.password_hash, adapters)
        return "changed"
    with transaction():
        unchanged = sa.and_(User.id == user_id, User.password_hash == user.password_hash, User.email == user.email)
        if not changed_rows(sa.update(User).where(unchanged).values(pending_email=new_email, updated_at=utc_now())):
            raise wrong_password()
        one_time.withdraw(user_id, "change_email")
        letters.put_off(letters.CHANGE_ASKED, user_id, adapters)
        letters.put_off(letters.CHANGE, user_id, adapters)
        letters.put_off(letters.SOMEBODY_TRIED, letters.whoever_has(new_email, besides=user_id), adapters)
    log.info("change of address asked for", user=str(user_id))
    return "pending"


def _change_at_once(user_id: uuid.UUID, new_email: str, password_hash: str, adapters: Adapters) -> None:
    unchanged = sa.and_(User.id == user_id, User.password_hash == password_hash)
    try:
        with transaction():
            if not changed_rows(sa.update(User).where(unchanged).values(_new_address(new_email, verified_at=None))):
                raise wrong_password()
            one_time.withdraw(user_id, "change_email")
            _leave_former_address(user_id, adapters)
    except IntegrityError as error:
        if broken_constraint(error) != "uq_users_email_folded":
            raise
        raise Conflict(TAKEN.detail, code="taken", errors=[TAKEN]) from error
    log.info("address changed", user=str(user_id))


def drop_change(user_id: uuid.UUID) -> None:
    """The open transaction leaves nothing of a change of address that was asked for: its link is not valid any more.

    For whoever has a new password too: the letter that told the present address of the change promises that.
    """
    db.session.execute(sa.update(User).where(User.id == user_id).values(pending_email=None))
    one_time.withdraw(user_id, "change_email")


def wrong_password() -> NotAllowed:
    """The error for a present password that is not the account's: the caller is signed in, and stays so."""
    return NotAllowed("The current password is wrong.", code="wrong_password")
