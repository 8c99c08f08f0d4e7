"""Sessions: begun at a sign-in, carried on by refreshing, ended by logout or by the reuse of a spent token.

The row decides, on every request: what has ended there is dead at once, whatever tokens are still about.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters
from aizen.auth import tokens
from aizen.auth.folding import fold
from aizen.auth.models import Session, User
from aizen.auth.tokens import Claims, Pair
from aizen.database import changed_rows, db, new_id, reading, transaction, utc_now
from aizen.errors import NotFound, Unauthenticated
from aizen.settings import Settings
from aizen.web import limits, pagination

log = structlog.get_logger(__name__)

# What its cursors belong to.
LIST = {"list": "sessions"}


@dataclass(frozen=True)
class Origin:
    """Where a sign-in comes from: how the program calls itself, and the network, which says less of a person than an address.

    ``is_old_client``: it came to an address of the systems that Aizen replaces, whose clients go on using the first refresh token.
    """

    device: str
    network: str
    is_old_client: bool = False


@dataclass(frozen=True)
class Known:
    """A session as its user sees it."""

    id: uuid.UUID
    device: str
    network: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


def origin_of(user_agent: str, address: str, *, is_old_client: bool = False) -> Origin:
    """The origin of a request with that User-Agent from that address."""
    device = "".join(character for character in user_agent if character.isprintable())[:200]
    return Origin(device, network_of(address), is_old_client)


def network_of(address: str) -> str:
    """The /24 (IPv4) or /48 (IPv6) that ``address`` lies in: the least that one customer of a provider has. ``unknown`` for no address."""
    return limits.network_of(address, ipv4=24, ipv6=48)


def has_begun(email: str, network: str) -> bool:
    """Whether the account of ``email`` was signed in to from ``network`` before, as far back as sessions are remembered.

    One statement on two indexes, the same one whether or not there is such an account.
    """
    of_account = sa.and_(Session.user_id == User.id, User.email_folded == fold(email))
    with reading():
        return bool(db.session.scalar(sa.select(sa.exists().where(of_account, Session.network == network))))


def is_live(now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    """The session (joined to its user) has not ended, has not expired, and its user is not disabled."""
    return sa.and_(Session.ended_at.is_(None), Session.expires_at > now, User.disabled_at.is_(None))


def begin(user_id: uuid.UUID, *, origin: Origin, settings: Settings) -> Pair:
    """The open transaction has a new session of that user; the pair is its first.

    That of an old client lives ``old_client_session_seconds`` from now on, whatever is refreshed, and its refresh token as long.
    """
    row = _new_row(user_id, origin=origin, settings=settings)
    db.session.execute(sa.insert(Session).values(row))
    life = _access_seconds(row["expires_at"], row["created_at"], rotates=row["rotates"], settings=settings)
    return _pair(Claims(user_id, row["id"], row["refresh_id"]), row["refresh_issued_at"], row["expires_at"], access_seconds=life)


def _new_row(user_id: uuid.UUID, *, origin: Origin, settings: Settings) -> dict[str, Any]:
    now = utc_now()
    seconds = settings.old_client_session_seconds if origin.is_old_client else settings.jwt_refresh_seconds
    return {
        "id": new_id(),
        "user_id": user_id,
        "rotates": not origin.is_old_client,
        "refresh_id": uuid.uuid4(),
        "refresh_issued_at": now,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + timedelta(seconds=seconds),
        "device": origin.device,
        "network": origin.network,
    }


def know(user_id: uuid.UUID, *, origin: Origin, settings: Settings) -> None:
    """In the open transaction the user has been at that network: a session stands there that nobody was signed in to.

    Whoever has opened a link that was sent to the owner is the owner, and may try to sign in from where they are, whatever others try.
    """
    row = _new_row(user_id, origin=origin, settings=settings)
    db.session.execute(sa.insert(Session).values({**row, "ended_at": row["created_at"]}))


def _access_seconds(expires_at: datetime, now: datetime, *, rotates: bool, settings: Settings) -> int:
    """How long an access token lives from ``now`` on: never longer than a session that does."""
    if rotates:
        return settings.jwt_access_seconds
    return min(settings.old_client_access_seconds, max(1, int((expires_at - now).total_seconds())))


def rotate(refresh: str, settings: Settings) -> Pair:
    """The refresh token is spent, and the session lives on with the new pair.

    For ``refresh_grace_seconds`` a spent token answers its own successor: a client whose answer got lost, or who asked twice at once, is no
    thief. After that, or when the successor has been used too, the session ends.
    Where the session does not rotate, the token is not spent: it is given back with a new access token.
    Raises Unauthenticated: session_ended, refresh_token_reused, or what ``tokens.read`` raises.
    """
    spent = tokens.read(refresh, kind="refresh")
    with transaction():
        pair = _next_pair(spent, settings) or _kept_pair(spent, settings) or _same_pair(spent, settings)
        is_reuse = pair is None and _end_reused(spent)
    if pair is not None:
        return pair
    if is_reuse:
        log.warning("a spent refresh token came back; its session has been ended", session=str(spent.session_id), user=str(spent.user_id))
        raise Unauthenticated("This refresh token was used before. Sign in again.", code="refresh_token_reused")
    raise ended()


def _family(claims: Claims) -> sa.ColumnElement[bool]:
    return sa.and_(Session.id == claims.session_id, Session.user_id == claims.user_id)


def _next_pair(spent: Claims, settings: Settings) -> Pair | None:
    """The pair after ``spent``, if that was the live token. Of many at once, the condition in the UPDATE lets one through."""
    now = utc_now()
    following = Claims(spent.user_id, spent.session_id, uuid.uuid4())
    expires_at = now + timedelta(seconds=settings.jwt_refresh_seconds)
    rotated = changed_rows(
        sa.update(Session)
        .where(_family(spent), Session.rotates, Session.refresh_id == spent.token_id, Session.user_id == User.id, is_live(now))
        .values(
            refresh_id=following.token_id,
            refresh_issued_at=now,
            previous_refresh_id=spent.token_id,
            rotated_at=now,
            last_used_at=now,
            expires_at=expires_at,
        )
    )
    return _pair(following, now, expires_at, access_seconds=settings.jwt_access_seconds) if rotated else None


def _kept_pair(kept: Claims, settings: Settings) -> Pair | None:
    """The same refresh token with a new access token, if its session does not rotate."""
    now = utc_now()
    row = db.session.execute(
        sa.update(Session)
        .where(_family(kept), ~Session.rotates, Session.refresh_id == kept.token_id, Session.user_id == User.id, is_live(now))
        .values(last_used_at=now)
        .returning(Session.refresh_issued_at, Session.expires_at),
        execution_options={"synchronize_session": False},
    ).first()
    if row is None:
        return None
    life = _access_seconds(row.expires_at, now, rotates=False, settings=settings)
    return _pair(kept, row.refresh_issued_at, row.expires_at, access_seconds=life)


def _same_pair(spent: Claims, settings: Settings) -> Pair | None:
    """The successor that ``spent`` was given already, signed again, if that was a moment ago."""
    now = utc_now()
    row = db.session.execute(
        sa.select(Session.refresh_id, Session.refresh_issued_at, Session.expires_at)
        .join(User, Session.user_id == User.id)
        .where(
            _family(spent),
            Session.previous_refresh_id == spent.token_id,
            Session.rotated_at > now - timedelta(seconds=settings.refresh_grace_seconds),
            is_live(now),
        )
    ).first()
    if row is None:
        return None
    following = Claims(spent.user_id, spent.session_id, row.refresh_id)
    return _pair(following, row.refresh_issued_at, row.expires_at, access_seconds=settings.jwt_access_seconds)


def _end_reused(spent: Claims) -> bool:
    """Whether ``spent`` was not the live token of a session that still lived; that session has ended now."""
    now = utc_now()
    return bool(
        changed_rows(
            sa.update(Session)
            .where(_family(spent), Session.refresh_id != spent.token_id, Session.ended_at.is_(None), Session.expires_at > now)
            .values(ended_at=now)
        )
    )


def _pair(claims: Claims, issued_at: datetime, expires_at: datetime, *, access_seconds: int) -> Pair:
    who = {"user_id": claims.user_id, "session_id": claims.session_id}
    access = tokens.sign_access(**who, seconds=access_seconds)
    refresh = tokens.sign_refresh(**who, token_id=claims.token_id, issued_at=issued_at, expires_at=expires_at)
    return Pair(access, refresh, access_seconds, expires_at)


def end(refresh: str) -> None:
    """The session of this refresh token, live or spent, has ended, and its access tokens with it. Ending it again changes nothing."""
    claims = tokens.read(refresh, kind="refresh")
    with transaction():
        changed_rows(sa.update(Session).where(_family(claims), Session.ended_at.is_(None)).values(ended_at=utc_now()))


def _live_of(user_id: uuid.UUID, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Session.user_id == user_id, Session.ended_at.is_(None), Session.expires_at > now)


def end_one(session_id: uuid.UUID, *, user_id: uuid.UUID) -> None:
    """That live session of the user has ended, and its access tokens with it. Raises NotFound: it is none, is over, or is another's."""
    now = utc_now()
    with transaction():
        if not changed_rows(sa.update(Session).where(_live_of(user_id, now), Session.id == session_id).values(ended_at=now)):
            raise NotFound


def end_all(user_id: uuid.UUID, *, but: uuid.UUID | None = None) -> int:
    """In the open transaction every session of the user has ended, ``but`` the one with that id. How many these were."""
    now = utc_now()
    others = () if but is None else (Session.id != but,)
    return changed_rows(sa.update(Session).where(_live_of(user_id, now), *others).values(ended_at=now))


def browse(user_id: uuid.UUID, *, after: pagination.Position | None, limit: int) -> pagination.Page:
    """A page of the user's live sessions, the one that was used last first. A use between two pages brings a session to the front."""
    columns: list[Any] = [getattr(Session, field.name) for field in fields(Known)]
    statement = pagination.keyset(
        sa.select(*columns).where(_live_of(user_id, utc_now())),
        created_at=Session.last_used_at,
        identity=Session.id,
        newest_first=True,
        goes_on=after is not None,
    )
    with reading():
        rows = db.session.execute(statement, pagination.bounds(after, limit)).all()
    return pagination.cut([Known(*row) for row in rows], limit=limit, filters=LIST, moment="last_used_at")


def ended() -> Unauthenticated:
    """The error for a session that is over, for whatever reason."""
    return Unauthenticated("This session has ended. Sign in again.", code="session_ended")


def forget_ended(adapters: Adapters) -> int:
    """How many expired sessions are gone. One that was ended stays until then, so that its spent tokens are still known as such."""
    with transaction():
        return changed_rows(sa.delete(Session).where(Session.expires_at < utc_now()))
