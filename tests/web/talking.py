"""Addresses that answer in every way that WSGI knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from tests.faults.gates import Gates

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Whoever compares does not need to know where a piece began.
PATTERN = bytes(range(251))


def content(size: int) -> bytes:
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


class Talking:
    """WSGI middleware for /talk/WAY?size=…, and for /talk/number?gate=…, whose answers are counted and may be held up by the test."""

    def __init__(self, application: WSGIApplication, folder: Path) -> None:
        self._application = application
        self._folder = folder
        self._numbers = count(1)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        way = environ["PATH_INFO"].removeprefix("/talk/")
        if way == environ["PATH_INFO"]:
            return self._application(environ, start_response)
        asked = dict(parse_qsl(environ["QUERY_STRING"]))
        if way == "number":
            Gates.from_environ().pass_through(asked.get("gate", "open"))
            told = b"%d" % next(self._numbers)
            start_response("200 OK", [("Content-Length", str(len(told)))])
            return [told]
        size = int(asked["size"])
        start_response(asked.get("status", "200 OK"), [("Content-Length", str(size))] if "sized" in asked else [])
        if way == "file":
            path = self._folder / f"{size}.bin"
            path.write_bytes(content(size))
            return environ["wsgi.file_wrapper"](path.open("rb", buffering=0), 8192)  # type: ignore[no-any-return]
        if way == "memory":  # a file that the kernel cannot send
            return environ["wsgi.file_wrapper"](BytesIO(content(size)), 8192)  # type: ignore[no-any-return]
        return _pieces(size, breaks_at=int(asked.get("breaks", -1)))


def _pieces(size: int, *, breaks_at: int) -> Iterator[bytes]:
    told = content(size)
    yield b""
    for number, begin in enumerate(range(0, size, 1000)):
        if number == breaks_at:
            raise RuntimeError("the application breaks off")
        yield told[begin : begin + 1000]
        yield b""
