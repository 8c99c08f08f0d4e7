"""A stand-in for Gemini's REST API on the loopback interface, told what to do in a few verbs.

    gemini.will_answer({"description": …})    gemini.will_fail(429, retry_after=7)    gemini.will_hang()

What was told last holds until something else is told. ``gemini.received`` keeps every request.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

_DRIP_SECONDS = 0.02
# "Never" ends after this, so that a client without bounds fails its test and does not hang it.
_NEVER_SECONDS = 10.0

# The numbers of the published API, for a client that asks for them by enum-encoding=int, as Google's own do.
_FINISH_REASONS = {
    "STOP": 1,
    "MAX_TOKENS": 2,
    "SAFETY": 3,
    "RECITATION": 4,
    "OTHER": 5,
    "PROHIBITED_CONTENT": 8,
    "SPII": 9,
    "IMAGE_SAFETY": 11,
}
_BLOCK_REASONS = {"SAFETY": 1, "OTHER": 2, "BLOCKLIST": 3, "PROHIBITED_CONTENT": 4, "IMAGE_SAFETY": 5}
_OF_TOMORROW = 99


@dataclass(frozen=True)
class Received:
    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any

    @property
    def key(self) -> str | None:
        return self.headers.get("x-goog-api-key")

    @property
    def model(self) -> str:
        return self.path.removeprefix("/v1beta/models/").removesuffix(":generateContent")

    @property
    def picture(self) -> bytes:
        parts = [part for content in self.body["contents"] for part in content["parts"]]
        return base64.b64decode(next(part["inlineData"]["data"] for part in parts if "inlineData" in part))

    @property
    def instruction(self) -> str:
        return "".join(part["text"] for part in self.body["systemInstruction"]["parts"])

    @property
    def schema(self) -> dict[str, Any]:
        return dict(self.body["generationConfig"]["responseSchema"])


class FakeGemini:
    """One server; ``url`` is what an adapter takes as its base address."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.closed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.gemini = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.act: Callable[[_Handler], None] = lambda handler: handler.send_json(404, {})

    def will_answer(self, entry: object) -> None:
        """The model writes this as JSON."""
        self.will_write(json.dumps(entry))

    def will_write(self, text: str, *, finish_reason: str = "STOP") -> None:
        """The model writes this text, whatever it is."""
        parts = [{"text": text}] if text else []
        reason = _FINISH_REASONS.get(finish_reason, _OF_TOMORROW)
        self.will_send({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0}]})

    def will_block(self, reason: str) -> None:
        """The request is turned away before any model sees it."""
        self.will_send({"promptFeedback": {"blockReason": _BLOCK_REASONS.get(reason, _OF_TOMORROW)}})

    def will_send(self, body: object) -> None:
        self.act = lambda handler: handler.send_json(200, body)

    def will_send_garbage(self, garbage: bytes = b"\x00\xff<html>") -> None:
        self.act = lambda handler: handler.send_whole(200, garbage)

    def will_fail(
        self, status: int, *, retry_after: int | str | None = None, details: object = (), message: str = "no", location: str | None = None
    ) -> None:
        headers = {"Retry-After": retry_after, "Location": location}
        error = {"code": status, "message": message, "status": "FAILED", "details": details}
        self.act = lambda handler: handler.send_json(status, {"error": error}, headers=headers)

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
    def running(self) -> Iterator[FakeGemini]:
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
    gemini: FakeGemini
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing is printed: a client that leaves early is what several tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        self.server.gemini.received.append(Received(path, unquote(query), headers, body))
        self.close_connection = True
        self.server.gemini.act(self)

    def send_json(self, status: int, body: object, *, headers: Mapping[str, int | str | None] | None = None) -> None:
        self.send_whole(status, json.dumps(body).encode(), headers=headers)

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
        while time.monotonic() < end and not self.server.gemini.closed.wait(pause):
            self.wfile.write(piece)
