"""Who is calling, by an access token or an API key: one row is asked, on every request, and nothing is remembered between two of them."""

from __future__ import annotations

import re
import time

import sqlalchemy as sa
from flask import current_app, request

from aizen.auth import keys, sessions, tokens
from aizen.auth.models import Session, User
from aizen.database import db, reading, utc_now
from aizen.errors import Unauthenticated
from aizen.web import adapters
from aizen.web.caller import ROLE_SCOPES, Caller
from aizen.web.memory import Recent

# Whoever comes once comes again, and verifying costs more than all the rest of finding out who calls. What a token says stays the same;
# its session is asked for each time.
MOST_VERIFIED = 4096
VERIFIED_SECONDS = 60
_VERIFIED = "aizen-verified-tokens"

# Written once: it is asked on every request.
_LIVE = (
    sa.select(User.email, User.username, User.role, User.created_at, User.email_verified_at)
    .join(Session, Session.user_id == User.id)
    .where(Session.id == sa.bindparam("session_id"), User.id == sa.bindparam("user_id"), sessions.is_live(sa.bindparam("now")))
)
# RFC 6750, 2.1; the name of the scheme is compared without case (RFC 9110, 11.1).
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


def caller_of_request() -> Caller:
    """The user whose access token or API key the request carries, as the database has them now. No connection is kept.

    Raises Unauthenticated: not_authenticated without a token, session_ended, or what ``tokens.read`` or ``keys.use`` raises.
    """
    token = _bearer_token()
    return keys.use(token, adapters().settings) if keys.looks_like_one(token) else _by_session(token)


def _by_session(token: str) -> Caller:
    claims = _read(token)
    with reading():
        # A row and no entity: the session has no part in it.
        asked = {"session_id": claims.session_id, "user_id": claims.user_id, "now": utc_now()}
        row = db.session.connection().execute(_LIVE, asked).first()
    if row is None:
        raise sessions.ended()
    return Caller(
        user_id=claims.user_id,
        session_id=claims.session_id,
        key_id=None,
        email=row.email,
        username=row.username,
        role=row.role,
        date_joined=row.created_at,
        email_verified=row.email_verified_at is not None,
        scopes=ROLE_SCOPES[row.role],
    )


def _read(token: str) -> tokens.Valid:
    """As ``tokens.read``; of a token that was verified a moment ago, only whether it still lives is looked at."""
    verified: Recent[tokens.Valid] = current_app.extensions.setdefault(_VERIFIED, Recent(most=MOST_VERIFIED))
    found = verified.find(token)
    if found is None or found.expires <= time.time():
        found = tokens.read(token, kind="access")
        verified.keep(token, value=found, seconds=VERIFIED_SECONDS)
    return found


def _bearer_token() -> str:
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith("bearer"):
        raise Unauthenticated
    found = _BEARER.fullmatch(header)
    if found is None:
        raise Unauthenticated("The Authorization header must read `Bearer <token>`.", code="token_invalid")
    return found[1]
