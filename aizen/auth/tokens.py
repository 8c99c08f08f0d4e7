"""Access and refresh tokens: JSON Web Tokens (RFC 7519) of one pinned algorithm, never accepted for each other (RFC 8725, 3.11)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from flask_jwt_extended import create_access_token, create_refresh_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_jwt_extended.utils import get_unverified_jwt_headers
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from aizen.errors import Unauthenticated

Kind = Literal["access", "refresh"]
HEADER_TYPES: dict[Kind, str] = {"access": "at+jwt", "refresh": "rt+jwt"}
# Ours have about 500 characters; whatever is much longer is not looked into.
LONGEST = 2048
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
class Valid(Claims):
    """What a token says that has been verified. It is valid until ``expires``, in Unix seconds."""

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


def read(token: str, *, kind: Kind) -> Valid:
    """What a token of ours says: its signature, issuer, audience, times and kind have been checked, its session has not.

    Raises Unauthenticated with code token_expired, wrong_token_kind, or token_invalid for everything else.
    """
    if len(token) > LONGEST:
        raise _invalid()
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
    return claims


def _claims(told: Mapping[str, Any]) -> Valid:
    if any(told.get(name) is None for name in _REQUIRED):
        raise ValueError("a claim is missing")
    return Valid(uuid.UUID(told["sub"]), uuid.UUID(told["sid"]), uuid.UUID(told["jti"]), told["exp"])


def _invalid() -> Unauthenticated:
    return Unauthenticated("This token is not valid.", code="token_invalid")
