"""Pictures that were sent and may be sent again without a look at the database: hits of the cache, before Flask's dispatch.

A route says that its answer may be remembered, and until when. What is remembered is the answer's own headers, and which file was sent:
as long as the very same file lies at its path, the same request gets the same answer. So whoever wants it to end only has to move the file
away, in whatever process; a file that comes to lie there later is another one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.http import parse_etags
from werkzeug.wsgi import FileWrapper

from aizen.logs import without_credentials
from aizen.settings import Settings
from aizen.web import conventions, negotiation
from aizen.web.memory import Recent

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# How much is remembered by one process: about a kilobyte each.
MOST = 4096
# An answer is thought over anew after so long, or after PUBLIC_SECONDS, whatever has happened.
REMEMBERED_SECONDS = 60
# That a file was used is noted on it at most so often; nothing needs to know it better than by the day.
TOUCHED_SECONDS = 3600
# A file up to this size is read at once, and sent in one piece with its head.
AT_ONCE = 64 * 1024
# The value of Server-Timing (W3C) of what was there already.
CACHE_HIT = "cache;desc=hit"
KEY = "aizen.remembered"
_LISTENING = "aizen.listening"
# Whoever sends one of these wants something else than the picture as it is, or is told more than others.
_OTHERWISE = frozenset({"HTTP_RANGE", "HTTP_ORIGIN", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_RANGE"})
# Of one answer alone, or written anew for each.
_PASSING = frozenset({"x-request-id", "cache-control", "content-length", "date", "server-timing", "ratelimit", "ratelimit-policy"})
_OF_A_BODY = frozenset({"content-type", "content-disposition", "content-length", "last-modified", "x-accel-redirect"})
Headers = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """A file that may be sent again, and the route that sent it. ``by_accept`` tells that another Accept may get another.

    ``state`` is the file's, from before the answer was allowed. ``is_public`` and ``expires``, the address's end in Unix seconds, decide
    what caches are told.
    """

    route: str
    path: Path
    state: os.stat_result
    by_accept: bool
    is_public: bool
    expires: int | None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What was remembered, with the headers that it is sent with again: ``whole``, or ``unchanged`` to whom has it already.

    ``told`` is its path as the log tells it.
    """

    file: Remembered
    etag: str
    whole: Headers
    unchanged: Headers
    by_proxy: bool
    told: str

    @classmethod
    def of(cls, file: Remembered, *, headers: Headers, told: str) -> Kept:
        lasting = [(name, value) for name, value in headers if name.lower() not in _PASSING]
        by_name = {name.lower(): value for name, value in lasting}
        by_proxy = "x-accel-redirect" in by_name
        return cls(
            file=file,
            etag=by_name["etag"],
            # Said of nothing as well: else gunicorn sends chunks, and nginx, which leads on before the last one, closes the connection.
            whole=[*lasting, ("Content-Length", "0" if by_proxy else str(file.state.st_size))],
            unchanged=[(name, value) for name, value in lasting if name.lower() not in _OF_A_BODY],
            by_proxy=by_proxy,
            told=told,
        )


def _identity(state: os.stat_result) -> tuple[int, int, int]:
    """What tells a file from any other that lies at its path later."""
    # The number of a file that is gone may be given to another, which is written at another time.
    return state.st_dev, state.st_ino, state.st_mtime_ns


def cache_control(*, is_public: bool, expires: int | None, settings: Settings) -> str:
    """For how long, and by whom, a picture may be kept: no longer than its address lives, and by everybody only if it is public."""
    left = None if expires is None else max(0, expires - int(time.time()))
    if is_public:
        return f"public, max-age={settings.public_seconds if left is None else min(left, settings.public_seconds)}"
    return f"private, max-age={left or 0}"


class SentAgain:
    """WSGI middleware: what lies below ``prefix`` and is remembered is answered here, as the application would."""

    def __init__(self, application: WSGIApplication, *, prefix: str, settings: Settings) -> None:
        self._application = application
        self._prefix = prefix
        self._settings = settings
        self._memory: Recent[Kept] = Recent(most=MOST)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(self._prefix) or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._application(environ, start_response)
        begun = time.perf_counter_ns()
        path = raw_path(environ)
        if _wants_otherwise(environ):
            return self._application(environ, start_response)
        found = self._memory.find(path) or self._memory.find(path, negotiation.reads(environ.get("HTTP_ACCEPT", "")))
        if found is not None and conventions.is_served(environ.get("HTTP_HOST", ""), self._settings.allowed_hosts):
            answer = self._answer(found, environ, start_response, begun=begun)
            if answer is not None:
                return answer
        environ[_LISTENING] = True
        return self._application(environ, self._listening(environ, start_response, path=path))

    def _listening(self, environ: WSGIEnvironment, start_response: StartResponse, *, path: str) -> StartResponse:
        """As ``start_response``; an answer that its route gives leave to remember is remembered with its headers."""

        def start(status: str, headers: Headers, *more: Any) -> Any:
            offered: Remembered | None = environ.get(KEY)
            if offered is not None and status.startswith("200 ") and all(name.lower() != "set-cookie" for name, _ in headers):
                key = (path, negotiation.reads(environ.get("HTTP_ACCEPT", ""))) if offered.by_accept else (path,)
                kept = Kept.of(offered, headers=headers, told=without_credentials(environ["PATH_INFO"]))
                self._memory.keep(*key, value=kept, seconds=min(REMEMBERED_SECONDS, self._settings.public_seconds))
            return start_response(status, headers, *more)

        return start

    def _answer(self, found: Kept, environ: WSGIEnvironment, start_response: StartResponse, *, begun: int) -> Iterable[bytes] | None:
        """The answer, or None where the file is another one, or gone, or the address has ended."""
        file = found.file
        if file.expires is not None and file.expires <= time.time():
            return None
        is_known = _is_known(found.etag, environ.get("HTTP_IF_NONE_MATCH"))
        with_bytes = not (is_known or found.by_proxy or environ["REQUEST_METHOD"] == "HEAD")
        content = _content(found) if with_bytes else _nothing(found)
        if content is None:
            return None
        request_id = conventions.request_id_of(environ.get("HTTP_X_REQUEST_ID"))
        headers = [
            *(found.unchanged if is_known else found.whole),
            ("Cache-Control", cache_control(is_public=file.is_public, expires=file.expires, settings=self._settings)),
            ("Server-Timing", CACHE_HIT),
            ("X-Request-Id", request_id),
        ]
        start_response("304 Not Modified" if is_known else "200 OK", headers)
        conventions.log_answer(
            304 if is_known else 200,
            begun=begun,
            request_id=request_id,
            method=environ["REQUEST_METHOD"],
            path=found.told,
            route=file.route,
        )
        return content if isinstance(content, tuple) else environ.get("wsgi.file_wrapper", FileWrapper)(content, 64 * 1024)


def is_listening(environ: WSGIEnvironment) -> bool:
    """Whether what the route offers under ``KEY`` will be remembered."""
    return _LISTENING in environ


def _wants_otherwise(environ: WSGIEnvironment) -> bool:
    # Browsers send both, and then the tag counts alone (RFC 9110, 13.1.3).
    by_time = "HTTP_IF_MODIFIED_SINCE" in environ and "HTTP_IF_NONE_MATCH" not in environ
    return by_time or not _OTHERWISE.isdisjoint(environ)


def raw_path(environ: WSGIEnvironment) -> str:
    """The path of the request as it was sent, byte for byte, without its query."""
    sent = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")
    if not sent.startswith("/"):  # the absolute form, as proxies may send it
        sent = "/" + sent.partition("://")[2].partition("/")[2]
    return str(sent).partition("?")[0]


def _is_known(etag: str, if_none_match: str | None) -> bool:
    if if_none_match is None:
        return False
    return if_none_match == etag or parse_etags(if_none_match).contains_weak(etag.removeprefix("W/").strip('"'))


def _nothing(found: Kept) -> tuple[()] | None:
    """No bytes, if the file that was remembered still lies there."""
    try:
        state = found.file.path.stat()
    except OSError:
        return None
    if not _is_untouched(state):
        return () if _identity(state) == _identity(found.file.state) else None
    content = _content(found)  # which touches what it has opened, and nothing else
    if isinstance(content, FileIO):
        content.close()
    return None if content is None else ()


def _content(found: Kept) -> tuple[bytes] | FileIO | None:
    """The bytes of the file, or the file itself if it is large; None where another one lies there, or none."""
    try:
        file = FileIO(found.file.path)
    except OSError:
        return None
    state = os.fstat(file.fileno())
    content: tuple[bytes] | FileIO | None = file
    if _identity(state) != _identity(found.file.state):
        content = None
    else:
        if _is_untouched(state):
            _touch(file.fileno(), state)
        if state.st_size <= AT_ONCE:
            data = file.read(state.st_size)
            content = (data,) if len(data) == found.file.state.st_size else None
    if content is not file:
        file.close()
    return content


def _is_untouched(state: os.stat_result) -> bool:
    return time.time() - state.st_atime > TOUCHED_SECONDS


def _touch(file: int, state: os.stat_result) -> None:
    """The file was used: its time of access says so, for whoever makes room. The time of writing is a part of what it is."""
    try:
        os.utime(file, ns=(time.time_ns(), state.st_mtime_ns))
    except OSError:  # it may be gone, and nobody would miss the note
        return
