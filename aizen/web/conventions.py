"""What holds for every request and answer: an id, a host that is ours, headers that protect the reader, a line in the log."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from flask_cors import CORS
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from aizen.errors import Malformed, NotFound
from aizen.settings import Settings
from aizen.web import legacy_routes
from aizen.web.request_line import log_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOGGER = logging.getLogger(__name__)

ANY_HOST = ("/healthz", "/readyz")
EXPOSED = ("Link", "Location", "X-Total-Count", "Retry-After", "RateLimit", "RateLimit-Policy", "ETag", "X-Request-Id", "Aizen-Warnings")
# The cookie mode is for pages of our own origin (``aizen.auth.cookie_mode``); no browser sends its header where this is the answer.
ANY_HEADER_OF_ANOTHER_ORIGIN = re.compile(r"(?!aizen-session$)", re.IGNORECASE)
_PORT = re.compile(r":\d*$")
_CLEAN_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
PROTECTING = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
HSTS = "max-age=31536000; includeSubDomains"


def request_id_of(given: str | None) -> str:
    """The caller's X-Request-Id where it is clean, else one of our own."""
    return given if given is not None and _CLEAN_ID.match(given) else new_request_id()


def new_request_id() -> str:
    """A random UUID (version 4), written in a quarter of the time that Python's class for them takes."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def log_answer(
    status: int,
    *,
    begun: int,
    request_id: str,
    method: str,
    path: str,
    route: str | None,
    old_address: str | None = None,
    is_quiet: bool = False,
) -> None:
    """The one line that the log has of each request. ``begun`` is in nanoseconds of the process's performance counter."""
    log_request(
        _LOGGER,
        # A health check each second would drown everything else.
        logging.DEBUG if is_quiet else logging.INFO,
        status=status,
        nanoseconds=time.perf_counter_ns() - begun,
        request_id=request_id,
        method=method,
        path=path,
        route=route,
        # An operator sees whether clients of old addresses still come, and to what.
        old_address=old_address,
    )


def _route() -> str | None:
    """What tells kinds of requests apart where paths are as many as images."""
    return request.url_rule.rule if request.url_rule else None


@lru_cache(maxsize=256)
def is_served(host: str, allowed: tuple[str, ...]) -> bool:
    """Whether the Host header names one of ``allowed``, whatever the port; ``.example.org`` allows that domain and all below it."""
    # werkzeug checks the characters, but knows hosts in lower case only and cuts an IPv6 address at its first colon.
    if not host_is_trusted(host):
        return False
    name = _without_port(host)
    names = [_without_port(each) for each in allowed]
    return any(name == each.removeprefix(".") or (each.startswith(".") and name.endswith(each)) for each in names)


def _without_port(host: str) -> str:
    return _PORT.sub("", host).lower()


class TrailingSlash:
    """WSGI middleware: under /api an address means the same with a slash at its end."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/api/") and path.endswith("/"):
            environ["PATH_INFO"] = path.rstrip("/")
        return self._application(environ, start_response)


def register(app: Flask, settings: Settings) -> None:
    """Every request of ``app`` has an id and a known host, and every answer the protecting headers."""

    by_origin = bool(settings.cors_origins) and "*" not in settings.cors_origins

    def begin() -> None:
        g.begun = time.perf_counter_ns()
        g.request_id = request_id_of(request.headers.get("X-Request-Id"))
        clear_contextvars()
        bind_contextvars(request_id=g.request_id, method=request.method, path=legacy_routes.asked_path(), route=_route())
        if request.path not in ANY_HOST and not is_served(request.host, settings.allowed_hosts):
            raise Malformed("This host is not served here. ALLOWED_HOSTS names those that are.", code="unknown_host")
        if "\0" in request.path:  # no name of ours has one, and PostgreSQL would not even look for it
            raise NotFound

    def end(answer: Response) -> Response:
        answer.headers["X-Request-Id"] = g.get("request_id") or new_request_id()
        for name, value in PROTECTING.items():
            answer.headers.setdefault(name, value)
        if by_origin:
            # Also where the origin is none of ours: else a cache would give its answer, which lets nobody read it, to ours.
            answer.vary.add("Origin")
        if settings.is_production:
            answer.headers.setdefault("Strict-Transport-Security", HSTS)
        if len(lines := answer.headers.getlist("Vary")) > 1:
            # One of ours and one of flask-cors: a proxy may know the first line of a header only (nginx before 1.23).
            answer.headers["Vary"] = ", ".join(lines)
        asked = legacy_routes.old_address()
        log_answer(
            answer.status_code,
            begun=g.get("begun", time.perf_counter_ns()),
            request_id=answer.headers["X-Request-Id"],
            method=request.method,
            path=legacy_routes.asked_path(),
            route=_route(),
            old_address=asked.documented if asked else None,
            is_quiet=request.path in ANY_HOST,
        )
        return answer

    app.before_request(begin)
    app.after_request(end)
    _open_to(app, settings.cors_origins)
    app.wsgi_app = TrailingSlash(app.wsgi_app)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0, x_prefix=0)  # type: ignore[method-assign]


def _open_to(app: Flask, origins: Sequence[str]) -> None:
    """Pages of these origins may read what ``app`` answers; where there are none, as in most installations, no answer is looked at."""
    if origins:
        CORS(
            app,
            origins=list(origins),
            expose_headers=list(EXPOSED),
            allow_headers=[ANY_HEADER_OF_ANOTHER_ORIGIN],
            supports_credentials=False,
            send_wildcard="*" in origins,
            max_age=600,
        )
