"""Access and refresh tokens: JSON Web Tokens (RFC 7519) of one pinned algorithm, never accepted for each other (RFC 8725, 3.11)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from flask import current_app
from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_jwt_extended.utils import get_unverified_jwt_headers
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from aizen.errors import Unauthenticated
from aizen.web.memory import Recent

Kind = Literal["access", "refresh"]
HEADER_TYPES: dict[Kind, str] = {"access": "at+jwt", "refresh": "rt+jwt"}
# Ours have about 500 characters; whatever is much longer is not looked into.
LONGEST = 2048
# Whoever comes once comes again: verifying costs more than all the rest of finding out who calls.
MOST_VERIFIED = 4096
VERIFIED_SECONDS = 60
_VERIFIED = "aizen-verified-tokens"
_REQUIRED = ("exp", "iat", "jti", "sid", "sub")
# What the libraries raise for tokens that are broken in ways they did not think of, such as deep nesting, comes on top of their own errors.
_BROKEN = (PyJWTError, JWTExtendedException, ValueError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Pair:
    """What a client is given: an access token for ``expires_in`` seconds, and the refresh token that gets the next pair.

    The session, and with it the refresh token, ends at ``ends_at``.
    """

    access: str
    refresh: str
    expires_in: int
    ends_at: datetime


@dataclass(frozen=True)
class Claims:
    """What a valid token says: whose it is, of which session, and its own id."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    token_id: uuid.UUID


@dataclass(frozen=True)
class _Verified:
    """What a token was found to say, and when it ends, in Unix seconds."""

    claims: Claims
    expires: int


def sign_access(*, user_id: uuid.UUID, session_id: uuid.UUID, seconds: int) -> str:
    """An access token that is valid from now on for so many seconds."""
    signed: str = create_access_token(
        str(user_id),
        expires_delta=timedelta(seconds=seconds),
        additional_claims={"sid": str(session_id)},
        additional_headers={"typ": HEADER_TYPES["access"]},
    )
    return signed


def sign_refresh(*, user_id: uuid.UUID, session_id: uuid.UUID, token_id: uuid.UUID, issued_at: datetime, expires_at: datetime) -> str:
    """The refresh token with that id: the same arguments give the same characters."""
    issued = int(issued_at.timestamp())
    claims = {"sid": str(session_id), "jti": str(token_id), "iat": issued, "nbf": issued, "exp": int(expires_at.timestamp())}
    # A random claim of the library's own cookies, which we do not use: it would differ each time.
    claims["csrf"] = ""
    signed: str = create_refresh_token(str(user_id), additional_claims=claims, additional_headers={"typ": HEADER_TYPES["refresh"]})
    return signed


def read(token: str, *, kind: Kind) -> Claims:
    """What a token of ours says: its signature, issuer, audience, times and kind have been checked, its session has not.

    Raises Unauthenticated with code token_expired, wrong_token_kind, or token_invalid for everything else.
    """
    if len(token) > LONGEST:
        raise _invalid()
    found = _verified().find(kind, token)
    if found is not None and time.time() < found.expires:
        return found.claims
    try:
        told = decode_token(token)
        header_type = get_unverified_jwt_headers(token).get("typ")
        claims = _claims(told)
    except ExpiredSignatureError:
        raise Unauthenticated("This token has expired.", code="token_expired") from None
    except _BROKEN:
        raise _invalid() from None
    if (told["type"], header_type) != (kind, HEADER_TYPES[kind]):
        raise Unauthenticated(f"This is not {'an access' if kind == 'access' else 'a refresh'} token.", code="wrong_token_kind")
    _verified().keep(kind, token, value=_Verified(claims, told["exp"]), seconds=VERIFIED_SECONDS)
    return claims


def _verified() -> Recent[_Verified]:
    """What tokens say that were verified a moment ago. Only time makes another answer of that; their session is asked each time."""
    verified: Recent[_Verified] = current_app.extensions.setdefault(_VERIFIED, Recent(most=MOST_VERIFIED))
    return verified


def _claims(told: Mapping[str, Any]) -> Claims:
    if any(told.get(name) is None for name in _REQUIRED):
        raise ValueError("a claim is missing")
    return Claims(uuid.UUID(told["sub"]), uuid.UUID(told["sid"]), uuid.UUID(told["jti"]))


def _invalid() -> Unauthenticated:
    return Unauthenticated("This token is not valid.", code="token_invalid")
