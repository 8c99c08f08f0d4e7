"""Who is calling, and what a route needs of them. The auth package registers how a caller is looked up."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from aizen.errors import NotAllowed, ScopeMissing
from aizen.web import adapters

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
SCOPES = {
    "account:read": "Read the signed-in account",
    "account:write": "Change the signed-in account",
    "images:read": "Read one's own images",
    "images:write": "Upload, change and delete one's own images",
    "transforms:run": "Transform one's own images",
    "generate:run": "Have images generated",
    "shares:write": "Publish one's own images, and share them by links",
    "admin": "Look after the whole service",
}
ROLE_SCOPES = {
    "user": frozenset(SCOPES) - {"admin"},
    "admin": frozenset(SCOPES),
}
# What an API key may be given. Never the account itself: a key that got lost must not make others, nor end the session of its owner.
KEY_SCOPES = tuple(scope for scope in SCOPES if not scope.startswith("account:"))
_LOOK_UP = "aizen-caller"


@dataclass(frozen=True)
class Caller:
    """The user behind a request, as of this request: the role is never older than that.

    They came with a session's access token or with an API key: of ``session_id`` and ``key_id`` the other is None.
    """

    user_id: uuid.UUID
    session_id: uuid.UUID | None
    key_id: uuid.UUID | None
    email: str
    username: str
    role: str
    date_joined: datetime
    email_verified: bool
    scopes: frozenset[str]


def register_look_up(app: Flask, look_up: Callable[[], Caller]) -> None:
    """``look_up`` answers the caller of the current request, or raises Unauthenticated."""
    app.extensions[_LOOK_UP] = look_up


def _nothing_instead() -> Collection[str]:
    return ()


def needs(scope: str, *, instead: Callable[[], Collection[str]] = _nothing_instead, verified_email: bool = False) -> Callable[[View], View]:
    """The route answers only to a caller who has ``scope``; PUBLIC asks for nobody. It is documented as the route's security.

    One of the scopes that ``instead`` answers does as well; how far such a caller reaches is then the view's affair.
    With ``verified_email`` the caller's address must be confirmed too, where EMAIL_VERIFICATION=required.
    """
    if scope != PUBLIC and scope not in SCOPES:
        raise ValueError(f"unknown scope {scope}")

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if scope != PUBLIC:
                g.caller = _look_up()
                require(scope, *instead(), verified_email=verified_email)
            return view(*args, **kwargs)

        guarded.needs = scope  # type: ignore[attr-defined]
        guarded.needs_instead = instead  # type: ignore[attr-defined]
        guarded.needs_verified_email = verified_email  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return declare


def require(scope: str, *instead: str, verified_email: bool = False) -> None:
    """Nothing, where the caller may do what needs ``scope``, or has one of ``instead``, as a route that ``needs`` it asks.

    For a view that needs more of a caller the further a request goes. Raises ScopeMissing, and NotAllowed (email_not_verified).
    """
    found = caller()
    if found.scopes.isdisjoint((scope, *instead)):
        raise ScopeMissing(scope, _why_not(scope, found))
    if verified_email and not found.email_verified and adapters().settings.email_verification == "required":
        detail = f"Confirm your e-mail address first: open the link that was sent to {found.email}, or ask for another one."
        raise NotAllowed(detail, code="email_not_verified")


def require_to_show(visibility: str | None) -> None:
    """Nothing, where the caller may let others see an image so. Raises as ``require``: whoever may not share does not publish either.

    To withdraw one needs no more than to change it.
    """
    if visibility not in (None, "private"):
        require("shares:write", verified_email=True)


def _look_up() -> Caller:
    look_up: Callable[[], Caller] = current_app.extensions[_LOOK_UP]
    return look_up()


def caller_if_any() -> Caller | None:
    """The caller of a request that says who calls, on a route that needs nobody. Raises Unauthenticated where that is not true."""
    return _look_up() if "Authorization" in request.headers else None


def _why_not(scope: str, caller: Caller) -> str:
    if caller.key_id is not None:
        reach = f"a key with the scope {scope}" if scope in KEY_SCOPES else "an access token: no API key reaches the account itself"
        return f"This needs {reach}."
    return f"This needs the scope {scope}, which your role {caller.role} does not have."


def caller() -> Caller:
    """The caller of the current request, on a route that needs one."""
    found = g.caller
    assert isinstance(found, Caller)
    return found
