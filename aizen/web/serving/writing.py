"""Answers as they are written to a connection: head and body in one piece where they are small, for no longer than is allowed."""

from __future__ import annotations

import socket
import time
from functools import lru_cache
from typing import Any

from gunicorn import util
from gunicorn.http import wsgi

# Up to this size a body is sent together with its head. More would be copied for nothing: the kernel sends a large file by itself.
IN_ONE_PIECE = 64 * 1024

Field = tuple[str, str]

# What software answers is nobody's business, and gunicorn has no setting for it.
wsgi.SERVER = "aizen"
_environ = lru_cache(maxsize=2)(wsgi.base_environ)
# What the environs of all requests have in common is made once.
wsgi.base_environ = lambda settings: dict(_environ(settings))


class Answer(wsgi.Response):  # type: ignore[misc]
    """An answer as gunicorn frames it. Raises TimeoutError where the client does not receive it in time."""

    headers_sent: bool

    def __init__(self, request: Any, connection: socket.socket, settings: Any, seconds: float) -> None:
        super().__init__(request, connection, settings)
        self._seconds = seconds
        self._head = b""

    @property
    def has_begun(self) -> bool:
        """Whether the client has got some of it."""
        return self.headers_sent and not self._head

    def process_headers(self, headers: list[Field]) -> None:
        for name, value in headers:
            field = _plain_field(name, value)
            if field is None:
                super().process_headers([(name, value)])
            else:
                self.headers.append(field)

    def send_headers(self) -> None:
        """The head waits for the beginning of the body, or for the end where there is none."""
        if not self.headers_sent:
            major, minor = self.req.version
            lines = [
                f"HTTP/{major}.{minor} {self.status}",
                f"Server: {self.version}",
                f"Date: {_date(int(time.time()))}",
                f"Connection: {'upgrade' if self.upgrade else 'close' if self.should_close() else 'keep-alive'}",
                *(["Transfer-Encoding: chunked"] if self.chunked else []),
                *[f"{name}: {value}" for name, value in self.headers],
                "\r\n",
            ]
            self._head = "\r\n".join(lines).encode("latin-1")
            self.headers_sent = True

    def write_file(self, content: Any) -> None:
        length = self.response_length
        if length is None:  # gunicorn would end an empty one twice
            for piece in content:
                self.write(piece)
        elif length > IN_ONE_PIECE:
            self.send_headers()
            self._send(b"")
            self.sock.settimeout(self._seconds)
            super().write_file(content)
        else:
            while self.sent < length and (data := content.filelike.read(length - self.sent)):
                self.write(data)

    def close(self) -> None:
        self.send_headers()
        self._send(b"0\r\n\r\n" if self.chunked else b"")

    def _emit_body(self, data: bytes) -> None:
        if data:
            self._send(b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def _send(self, data: bytes) -> None:
        """``data`` is sent, behind the head if that still waits."""
        head, self._head = self._head, b""
        if head and len(data) > IN_ONE_PIECE:
            self._send_all(head)
        elif head:
            data = head + data
        if data:
            self._send_all(data)

    def _send_all(self, data: bytes) -> None:
        try:
            sent = self.sock.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self.sock.settimeout(self._seconds)
            self.sock.sendall(memoryview(data)[sent:])


@lru_cache(maxsize=512)
def _plain_field(name: str, value: str) -> Field | None:
    """The header as it is sent, if gunicorn lets it pass and it tells nothing about the connection; else None."""
    if util.is_hoppish(name) or name.lower() in ("content-length", "set-cookie"):
        return None
    checked = wsgi.Response(None, None, None)
    checked.process_headers([(name, value)])
    return tuple(checked.headers[0])


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return str(util.http_date(second))
