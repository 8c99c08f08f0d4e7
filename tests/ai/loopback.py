"""What the stand-ins for providers have in common: a server on the loopback interface, told what to do in a few verbs.

    provider.will_answer({"description": …})    provider.will_fail(429, retry_after=7)    provider.will_hang()

What was told last holds until something else is told. ``provider.received`` keeps every request.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote

_DRIP_SECONDS = 0.02
# "Never" ends after this, so that a client without bounds fails its test and does not hang it.
_NEVER_SECONDS = 10.0


@dataclass(frozen=True)
class Request:
    """One request, as it came."""

    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    raw: bytes
    """Request line, headers and body."""
    body: Any


class Loopback:
    """One server; ``url`` is the address of its root."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.closed = threading.Event()
        self.mangle: Callable[[bytes], bytes] = bytes
        """What becomes of the bytes of an answer on their way."""
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.told = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.act: Callable[[Handler], None] = lambda handler: handler.send_json(404, {})

    def will_send(self, body: object) -> None:
        self.act = lambda handler: handler.send_json(200, body)

    def will_send_garbage(self, garbage: bytes = b"\x00\xff<html>") -> None:
        self.act = lambda handler: handler.send_whole(200, garbage)

    def will_fail(
        self,
        status: int,
        *,
        retry_after: int | str | None = None,
        message: str = "no",
        location: str | None = None,
        error: object = None,
    ) -> None:
        """The error that a provider tells, with these members or with ``message`` alone."""
        headers = {"Retry-After": retry_after, "Location": location}
        told = {"error": {"code": status, "message": message, "status": "FAILED"} if error is None else error}
        self.act = lambda handler: handler.send_json(status, told, headers=headers)

    def will_hang(self) -> None:
        """The request is read, and nothing ever comes back."""
        self.act = lambda _handler: self._wait()

    def will_hang_up(self) -> None:
        """The connection ends in the middle of the answer."""
        self.act = lambda handler: handler.send_part(b'{"candidates": [', announced=1000)

    def will_drip(self) -> None:
        """The answer comes a byte at a time, and never ends."""
        self.act = lambda handler: handler.send_for_ever(b" ", pause=_DRIP_SECONDS)

    def will_drip_headers(self) -> None:
        """Not even the status line ever ends."""
        self.act = lambda handler: handler.drip(b"H", pause=_DRIP_SECONDS)

    def will_flood(self) -> None:
        """The answer comes fast, and never ends."""
        self.act = lambda handler: handler.send_for_ever(b" " * 65536, pause=0)

    def _wait(self) -> None:
        self.closed.wait(_NEVER_SECONDS)

    @contextmanager
    def running(self) -> Iterator[Self]:
        thread = threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield self
        finally:
            self.closed.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    told: Loopback
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing is printed: a client that leaves early is what several tests are about."""


class Handler(BaseHTTPRequestHandler):
    """One connection, and the ways in which it may be answered."""

    server: _Server
    protocol_version = "HTTP/1.1"
    query = ""

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self._take(b"null")

    def do_CONNECT(self) -> None:
        """A client takes this server for its proxy, and is led nowhere."""
        self._take(b"null")

    def do_POST(self) -> None:
        self._take(self.rfile.read(int(self.headers["Content-Length"])))

    def _take(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        self.query = unquote(query)
        headers = {name.lower(): value for name, value in self.headers.items()}
        raw = f"{self.requestline}\r\n".encode() + bytes(self.headers) + body
        self.server.told.requests.append(Request(path, self.query, headers, raw, json.loads(body)))
        self.close_connection = True
        self.server.told.act(self)

    def send_json(self, status: int, body: object, *, headers: Mapping[str, int | str | None] | None = None) -> None:
        self.send_whole(status, self.server.told.mangle(json.dumps(body).encode()), headers=headers)

    def send_whole(self, status: int, body: bytes, *, headers: Mapping[str, int | str | None] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **(headers or {})}.items():
            if value is not None:
                self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def send_part(self, body: bytes, *, announced: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(body)

    def send_for_ever(self, piece: bytes, *, pause: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.drip(piece, pause=pause)

    def drip(self, piece: bytes, *, pause: float) -> None:
        end = time.monotonic() + _NEVER_SECONDS
        while time.monotonic() < end and not self.server.told.closed.wait(pause):
            self.wfile.write(piece)
