"""The cookie mode: a browser keeps its refresh token where no script can read it.

``Aizen-Session: cookie`` asks for it. That header is the rule against forged requests too: a form of another site cannot send it, and a
script of another site would have to ask first, which CORS refuses (``aizen.web.conventions``). Without the header no cookie is ever read.
At the old addresses, whose clients know nothing of it, the header means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, after_this_request, request

from aizen.auth.tokens import Pair
from aizen.database import utc_now
from aizen.errors import FieldError, Invalid, Malformed, Unauthenticated
from aizen.web import adapters
from aizen.web.legacy_routes import by_old_address

HEADER = "Aizen-Session"
COOKIE = "aizen_refresh"
PATH = "/api/v1/auth"

SESSION_HEADER = {
    "in": "header",
    "name": HEADER,
    "schema": {"type": "string", "enum": ["cookie"]},
    "description": (
        "`cookie`: the refresh token is set, read and cleared as an HttpOnly, SameSite=Strict cookie"
        f" (`__Secure-{COOKIE}`; over plain http in development `{COOKIE}`) on `{PATH}`, and never stands in a body"
    ),
}
REFRESH_COOKIE = {
    "in": "cookie",
    "name": f"__Secure-{COOKIE}",
    "schema": {"type": "string"},
    "description": f"The refresh token; read with `{HEADER}: cookie` only",
}
SET_COOKIE = {
    "Set-Cookie": {
        "schema": {"type": "string"},
        "description": f"With `{HEADER}: cookie`: the refresh token, or an empty one that clears it",
    }
}


@dataclass(frozen=True)
class AccessOnly:
    """What stands in the body when the refresh token is in the cookie."""

    access: str
    expires_in: int


def is_asked_for() -> bool:
    """Whether the current request wants the cookie mode. Raises Malformed for a value of the header that is none."""
    given = None if by_old_address() else request.headers.get(HEADER)
    if given not in (None, "cookie"):
        raise Malformed(
            f"The header {HEADER} may only be `cookie`. Leave it out to get the refresh token in the body.", code="session_mode"
        )
    return given is not None


def handed_over(pair: Pair) -> Pair | AccessOnly:
    """What the body tells of ``pair``: all of it, or in cookie mode all but the refresh token, which the answer sets as the cookie."""
    if not is_asked_for():
        return pair
    _set_cookie(pair.refresh, seconds=max(0, int((pair.ends_at - utc_now()).total_seconds())))
    return AccessOnly(pair.access, pair.expires_in)


def refresh_token_of_request(body: dict[str, Any]) -> str:
    """The refresh token that the request presents: in cookie mode the cookie's, else the body's.

    Raises Invalid where the body lacks it, or has it in cookie mode; Unauthenticated where there is no cookie, or more than one of its
    name: then somebody else has set one of them, and which one nobody can tell.
    """
    if not is_asked_for():
        if "refresh" not in body:
            raise Invalid(errors=[FieldError("/refresh", "required", "Missing data for required field.")])
        return str(body["refresh"])
    if "refresh" in body:
        raise Invalid(errors=[FieldError("/refresh", "not_in_cookie_mode", f"Must not be sent with {HEADER}: cookie.")])
    found = request.cookies.getlist(_cookie_name())
    if len(found) != 1:
        raise Unauthenticated
    return found[0]


def clear_cookie() -> None:
    """In cookie mode the answer, whatever it is, takes the cookie away."""
    if is_asked_for():
        _set_cookie("", seconds=0)


def _is_secure() -> bool:
    return adapters().settings.is_production or request.is_secure


def _cookie_name() -> str:
    # Browsers take the prefix from secure origins only: a page that was altered on its way over plain http cannot plant such a cookie.
    return f"__Secure-{COOKIE}" if _is_secure() else COOKIE


def _set_cookie(value: str, *, seconds: int) -> None:
    name, is_secure = _cookie_name(), _is_secure()

    def put(answer: Response) -> Response:
        answer.set_cookie(name, value, max_age=seconds, path=PATH, secure=is_secure, httponly=True, samesite="Strict")
        return answer

    after_this_request(put)
