"""E-mail addresses of accounts: how one is confirmed, and how it becomes another one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from aizen.adapters import Adapters
from aizen.auth import letters, one_time, proof, throttles
from aizen.auth.folding import fold
from aizen.auth.models import User
from aizen.auth.one_time import Redeemed
from aizen.database import broken_constraint, changed_rows, db, transaction, utc_now
from aizen.errors import Conflict, FieldError, Invalid, WrongPassword

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


@dataclass(frozen=True)
class Wish:
    """Another address that a user wants, who has proved once more who they are."""

    user_id: uuid.UUID
    password_hash: str
    present: str
    wanted: str


def prove_wish(user_id: uuid.UUID, wanted: str, *, password: str, network: str, session_id: uuid.UUID | None) -> Wish:
    """The wish of the user, whose password this is, and whose client may cause the letters that follow from it.

    Raises what ``proof.prove`` raises at ``/current_password``, Invalid (too_long), and TooMany for too many letters.
    """
    require_length(wanted)
    user = proof.prove(user_id, password, network=network, session_id=session_id, pointer="/current_password")
    if wanted != user.email:
        throttles.admit_letter_of_client()
        throttles.admit_letter("change", wanted)
    return Wish(user_id, user.password_hash, user.email, wanted)


def ask_for_change(wish: Wish, adapters: Adapters) -> None:
    """In the open transaction the user's address becomes the wanted one once the link that is sent there is opened; until then it stays.

    The present address is told at once, and again after the change. Whether somebody has the wanted address already makes no difference to
    what is answered or done here: its owner is told that somebody tried, and no link is sent. With EMAIL_VERIFICATION=off the address
    changes at once and is not verified; then the constraint ``uq_users_email_folded`` may be broken. Where it is the present address that
    is wanted, what was asked for before is dropped.
    Raises WrongPassword where password or address are not any more what they were when the wish was proved.
    """
    if wish.wanted == wish.present:
        drop_change(wish.user_id)
        return
    unchanged = sa.and_(User.id == wish.user_id, User.password_hash == wish.password_hash, User.email == wish.present)
    at_once = adapters.settings.email_verification == "off"
    values = _new_address(wish.wanted, verified_at=None) if at_once else {"pending_email": wish.wanted, "updated_at": utc_now()}
    if not changed_rows(sa.update(User).where(unchanged).values(values)):
        raise WrongPassword(pointer="/current_password")
    one_time.withdraw(wish.user_id, "change_email")
    if at_once:
        _leave_former_address(wish.user_id, adapters)
    else:
        letters.put_off(letters.CHANGE_ASKED, wish.user_id, adapters)
        letters.put_off(letters.CHANGE, wish.user_id, adapters)
        letters.put_off(letters.SOMEBODY_TRIED, letters.whoever_has(wish.wanted, besides=wish.user_id), adapters)
    log.info("address changed" if at_once else "change of address asked for", user=str(wish.user_id))


def drop_change(user_id: uuid.UUID) -> None:
    """The open transaction leaves nothing of a change of address that was asked for: its link is not valid any more.

    For whoever has a new password too: the letter that told the present address of the change promises that.
    """
    db.session.execute(sa.update(User).where(User.id == user_id).values(pending_email=None))
    one_time.withdraw(user_id, "change_email")
