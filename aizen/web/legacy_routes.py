"""Documented addresses of the systems that Aizen replaces: one table, and a rewrite of the path before routing.

A request that came this way is marked. What is different for it stands in docs/old-clients.md; whoever does it asks ``by_old_address``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed

from aizen.logs import without_credentials

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/api/v1"


@dataclass(frozen=True)
class OldAddress:
    """A documented address, and the path under PREFIX that answers in its place. A slash at its end may be there or not."""

    methods: tuple[str, ...]
    path: str
    canonical: str


OLD_ADDRESSES = (
    OldAddress(("POST",), "/api/auth/register/", "/auth/register"),
    OldAddress(("POST",), "/api/auth/signup/", "/auth/register"),
    OldAddress(("POST",), "/auth/register", "/auth/register"),
    OldAddress(("POST",), "/api/register/", "/auth/register"),
    OldAddress(("POST",), "/api/auth/login/", "/auth/login"),
    OldAddress(("POST",), "/auth/login", "/auth/login"),
    OldAddress(("POST",), "/api/token/", "/auth/login"),
    OldAddress(("POST",), "/api/auth/token/refresh/", "/auth/token/refresh"),
    OldAddress(("POST",), "/api/auth/logout/", "/auth/logout"),
    OldAddress(("GET",), "/api/auth/verify-email/<token>/", "/auth/verify-email/<token>"),
    OldAddress(("POST",), "/api/auth/password/reset/request/", "/auth/password/reset/request"),
    OldAddress(("POST",), "/api/auth/password/reset/confirm/", "/auth/password/reset/confirm"),
    OldAddress(("GET",), "/api/user/info/", "/user/info"),
    OldAddress(("GET", "PUT"), "/api/auth/profile/", "/auth/profile"),
    OldAddress(("POST",), "/api/images/upload/", "/images"),
    OldAddress(("POST",), "/images/upload", "/images"),
    OldAddress(("GET",), "/api/images/", "/images"),
    OldAddress(("GET",), "/images", "/images"),
    OldAddress(("GET",), "/api/images/my-images/", "/images"),
    OldAddress(("GET",), "/api/images/public/", "/images/public"),
    OldAddress(("POST", "PATCH"), "/api/images/<id>/share/", "/images/<id>/share"),
    OldAddress(("GET",), "/api/images/status/<id>/", "/images/<id>/status"),
    OldAddress(("GET", "DELETE"), "/api/images/<id>/", "/images/<id>"),
    OldAddress(("DELETE",), "/api/images/<id>/delete/", "/images/<id>"),
    OldAddress(("POST",), "/api/generate/", "/generate"),
)

_MARK = "aizen.old_address"
# An id is a UUID, so that `upload` and `my-images` are none; any other placeholder is one segment of the path.
_PLACEHOLDERS = {"id": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"}


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"<(\w+)>", path.rstrip("/"))
    named = (f"(?P<{part}>{_PLACEHOLDERS.get(part, '[^/]+')})" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(named) + "/?")


def _filled(path: str, found: re.Match[str]) -> str:
    return re.sub(r"<(\w+)>", lambda name: found[name[1]], path)


_ROWS = tuple((row, _pattern(row.path)) for row in OLD_ADDRESSES)
# Where a client that comes this way finds what an answer leads it to.
_WAYS_BACK = tuple((_pattern(PREFIX + row.canonical), row.path) for row in OLD_ADDRESSES if "GET" in row.methods)
_OUR_ADDRESS = re.compile(rf"(?:(?<=^)|(?<=<)){PREFIX}/[^?>]*")


@dataclass(frozen=True)
class Asked:
    """What a request asked for at an old address: the path as it came, the documented path, and the methods that it answers to."""

    path: str
    documented: str
    methods: tuple[str, ...]


class OldAddresses:
    """WSGI middleware: a request to a documented old address is marked, and goes to the canonical path."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if path.startswith(f"{PREFIX}/"):  # most requests, and no old address
            return self._application(environ, start_response)
        rows = [(row, found) for row, pattern in _ROWS if (found := pattern.fullmatch(path))]
        if rows:
            methods = {name for row, _ in rows for name in row.methods}
            answered = {*methods, "OPTIONS", *({"HEAD"} if "GET" in methods else ())}
            environ[_MARK] = Asked(path, rows[0][0].path, tuple(sorted(answered)))
        for row, found in rows:
            if ("GET" if method == "HEAD" else method) in row.methods:
                environ["PATH_INFO"] = PREFIX + _filled(row.canonical, found)
        return self._application(environ, start_response)


def old_address() -> Asked | None:
    """What the current request asked for, where that is a documented old address."""
    asked: Asked | None = request.environ.get(_MARK)
    return asked


def by_old_address() -> bool:
    """Whether the current request came to a documented old address: its client was written for a system that Aizen replaces."""
    return old_address() is not None


def asked_path() -> str:
    """The path of the current request as its client wrote it, but for the token of an e-mail's link: for logs and answers."""
    asked = old_address()
    return without_credentials(asked.path if asked else request.path)


def _answer_for_the_address() -> Response | None:
    """The methods are those of the old address: the canonical path, which may have more, is not what was asked."""
    asked = old_address()
    if asked is None:
        return None
    if request.method not in asked.methods:
        raise MethodNotAllowed(valid_methods=list(asked.methods))
    if request.method != "OPTIONS":
        return None
    answer = Response()
    answer.allow.update(asked.methods)
    return answer


def _lead_back(answer: Response) -> Response:
    """Where the answer leads on, the client finds again what it knows."""
    asked = old_address()
    if asked is not None:
        for name in ("Location", "Link"):
            if name in answer.headers:
                answer.headers[name] = _OUR_ADDRESS.sub(lambda found: _way_back(found[0], asked), answer.headers[name])
    return answer


def _way_back(path: str, asked: Asked) -> str:
    if path == request.path and request.method in ("GET", "HEAD"):
        return asked.path
    return next((_filled(old, found) for pattern, old in _WAYS_BACK if (found := pattern.fullmatch(path))), path)


def register(app: Flask) -> None:
    """``app`` answers at the old addresses too. To be called after ``conventions.register``: hosts are checked first."""
    app.before_request(_answer_for_the_address)
    app.after_request(_lead_back)
    app.wsgi_app = OldAddresses(app.wsgi_app)  # type: ignore[method-assign]
