"""The first administrator: by the set-up link, by the settings, or by the command line, which makes later ones too."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from aizen.admin import access, audit
from aizen.admin.audit import COMMAND_LINE, SETTINGS, Actor, Subject
from aizen.auth import accounts, administrators, passwords, sessions
from aizen.auth.accounts import LONGEST_USERNAME, SHORTEST_USERNAME, USERNAME, Joined
from aizen.auth.folding import fold
from aizen.auth.models import User
from aizen.auth.sessions import Origin
from aizen.database import changed_rows, db, is_migrated, reading, transaction, utc_now
from aizen.errors import AizenError, Expired, FieldError, Invalid, NotAllowed
from aizen.settings import Settings, SettingsError

log = structlog.get_logger(__name__)

PASSWORD_VARIABLE = "AIZEN_ADMIN_PASSWORD"  # noqa: S105 - the name of a setting


def is_wanted() -> bool:
    """Whether there is no administrator yet."""
    with reading():
        return not administrators.exist()


# -- by the set-up link


def require_open(token: str, settings: Settings) -> None:
    """Somebody with that token may make the first administrator. Raises Expired once there is one, NotAllowed for a wrong token."""
    if not is_wanted():
        raise is_over()
    if not hmac.compare_digest(token.encode("utf-8", "replace"), settings.setup_token.encode()):
        raise NotAllowed("This set-up link is not valid. `flask setup-link` prints the right one.", code="wrong_setup_token")


def set_up(email: str, password: str, *, username: str | None, origin: Origin, settings: Settings) -> Joined:
    """There is a first administrator, signed in; of many who ask at once, one is. ``require_open`` comes first.

    Raises Expired for the others, Invalid for a password that may not be chosen, Conflict (taken) for data that another user has.
    """
    row = _row(email, password, username=username)
    with transaction():
        administrators.lock_first()
        if administrators.exist():
            raise is_over()
        user = _add(row, audit.of_set_up_link(origin.network))
        pair = sessions.begin(user.id, origin=origin, settings=settings)
    return Joined(accounts.account_of(user, settings), pair)


def is_over() -> Expired:
    """The error for a set-up link that came too late."""
    return Expired("There is an administrator already: this link has done its work.", code="already_set_up")


# -- by the settings


def require_choosable(settings: Settings) -> None:
    """The password that the settings give may be chosen. Raises SettingsError, which names the variable."""
    email, password, username = settings.admin_email, settings.admin_password, settings.admin_username
    if email is None or password is None:
        return
    faults = []
    try:
        _require_username(username)
    except Invalid as error:
        faults += [f"AIZEN_ADMIN_USERNAME: {each.detail}" for each in error.errors]
    try:
        passwords.check(password, email=email, username=username)
    except Invalid as error:
        faults += [f"{PASSWORD_VARIABLE}: {each.detail}" for each in error.errors]
    if faults:
        raise SettingsError("Aizen cannot start with these settings:\n" + "\n".join(f"  {fault}" for fault in faults))


def _require_username(username: str | None) -> None:
    if username and not (SHORTEST_USERNAME <= len(username) <= LONGEST_USERNAME and USERNAME.fullmatch(username)):
        what = f"{SHORTEST_USERNAME} to {LONGEST_USERNAME} letters A to Z, digits, '.', '_' and '-', the first a letter or digit"
        raise Invalid(errors=[FieldError("/username", "not_a_username", f"A username has {what}.")])


def ensure(settings: Settings) -> bool:
    """Whether the settings have just made the first administrator; where there is one, nothing happens.

    An account with that address keeps its password, and gets the role only if that password is AIZEN_ADMIN_PASSWORD: else whoever
    registered an operator's address first would be given the service. Raises Conflict where the username is taken.
    """
    email, password = settings.admin_email, settings.admin_password
    if email is None or password is None or not is_wanted():
        return False
    known = _by_email(email)
    if known is not None and not passwords.is_right(password, known.password_hash):
        log.warning("the account of AIZEN_ADMIN_EMAIL has another password and stays what it is: see `flask create-admin --existing`")
        return False
    row = None if known else _row(email, password, username=settings.admin_username)
    with transaction():
        administrators.lock_first()
        if administrators.exist():
            return False
        if row is not None:
            _add(row, SETTINGS)
        elif known is not None:
            _give_role(known, SETTINGS)
    log.info("the first administrator has been made by AIZEN_ADMIN_EMAIL")
    return True


def at_start(settings: Settings) -> None:
    """What a web server does before it serves: makes the administrator of the settings, or says how one is made while there is none.

    A database that is out of reach, or not migrated, is no reason not to start: then the next start does it.
    """
    try:
        if not is_migrated():
            log.warning("the first administrator was not looked for: the database is not migrated")
            return
        if ensure(settings) or not is_wanted():
            return
    except AizenError as error:
        log.warning("the first administrator was not looked for", code=error.code, detail=error.detail)
        return
    log.warning("there is no administrator yet: `flask create-admin` makes one, `flask setup-link` prints a link that does")


# -- by the command line


@dataclass(frozen=True)
class Made:
    """An administrator by the command line: a new account, or one that was there and was not an administrator who can sign in."""

    email: str
    is_new: bool
    was_admin: bool = False
    was_disabled: bool = False


def known_account(email: str) -> User | None:
    """The account with that address, if there is one."""
    return _by_email(email)


def create(email: str, password: str, *, username: str | None) -> Made:
    """There is a new account with the role. Raises Invalid and Conflict as a registration does."""
    _require_username(username)
    row = _row(email, password, username=username)
    with transaction():
        _add(row, COMMAND_LINE)
    return Made(email, is_new=True)


def promote(user: User) -> Made:
    """The account has the role and is enabled; its password stays, and nothing else that opened it does.

    Whoever asks for this must know whose account it is: an address that nobody has confirmed may have been registered by anybody.
    """
    if user.role != "admin" or user.disabled_at is not None:
        with transaction():
            _give_role(user, COMMAND_LINE)
    return Made(user.email, is_new=False, was_admin=user.role == "admin", was_disabled=user.disabled_at is not None)


# -- rows


def _row(email: str, password: str, *, username: str | None) -> dict[str, Any]:
    # Whoever sets the service up need not prove to it that the address is theirs; the letters may not even be sent yet.
    return {**accounts.prepare(email, password, username=username), "role": "admin", "email_verified_at": utc_now()}


def _add(row: dict[str, Any], actor: Actor) -> User:
    user = accounts.add(row)
    audit.record(actor, "admin.created", Subject("user", user.id, user.email), username=user.username)
    log.info("account made", user=str(user.id))
    return user


def _by_email(email: str) -> User | None:
    with reading():
        return db.session.scalar(sa.select(User).where(User.email_folded == fold(email)).execution_options(populate_existing=True))


def _give_role(user: User, actor: Actor) -> None:
    now = utc_now()
    verified = sa.func.coalesce(User.email_verified_at, sa.literal(now, User.email_verified_at.type))
    changed_rows(
        sa.update(User).where(User.id == user.id).values(role="admin", disabled_at=None, email_verified_at=verified, updated_at=now)
    )
    told = {"role_before": user.role, "was_disabled": user.disabled_at is not None, **access.cut_off(user.id)}
    audit.record(actor, "admin.role_given", Subject("user", user.id, user.email), **told)
