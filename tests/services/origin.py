"""A web server somewhere, as far as whoever fetches from it can tell: on the loopback interface, and free to break every rule of HTTP.

origin.has("/cat.jpg", answer(PICTURE))    origin.has("/slow", answer(length=100), endless=b"x", pause=0.01)
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

# "Never" ends after this, so that a client without bounds fails its test and does not hang it.
_NEVER_SECONDS = 10.0


def answer(body: bytes = b"", *, status: str = "200 OK", length: int | None = -1, **headers: str) -> bytes:
    """An answer as it goes over the wire; without ``length`` it ends with the connection. ``content_type`` becomes Content-Type."""
    told = {name.replace("_", "-").title(): value for name, value in headers.items()}
    if length is not None:
        told["Content-Length"] = str(len(body) if length == -1 else length)
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def moved(to: str, *, status: str = "302 Found") -> bytes:
    return answer(status=status, location=to)


class Origin:
    """One server; ``requests`` keeps the head of each request, ``names`` the server names that TLS was asked for."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[str] = []
        self.names: list[str | None] = []
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens before each answer."""
        self._answers: dict[str, tuple[bytes, bytes, float]] = {}
        self._tls = tls
        if tls is not None:
            tls.sni_callback = lambda _connection, name, _context: self.names.append(name)
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def has(self, path: str, sent: bytes, *, endless: bytes = b"", pause: float = 0.0) -> None:
        """``sent`` is the answer to that path; then ``endless`` again and again, if it is given, or silence where that is only a pause."""
        self._answers[path] = (sent, endless, pause)

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that leaves early is what several tests are about.
        with suppress(OSError), connection:
            connection.settimeout(_NEVER_SECONDS)
            if self._tls is None:
                self._answer(connection)
            else:
                with self._tls.wrap_socket(connection, server_side=True) as secured:
                    self._answer(secured)

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (more := connection.recv(65536)):
                return
            head += more
        self.requests.append(head.decode("latin-1"))
        path = head.split(b" ")[1].decode().partition("?")[0]
        sent, endless, pause = self._answers.get(path, (answer(status="404 Not Found"), b"", 0.0))
        self.meanwhile()
        connection.sendall(sent)
        if pause and not endless:
            self._closed.wait(_NEVER_SECONDS)
        ends = time.monotonic() + _NEVER_SECONDS
        while endless and time.monotonic() < ends and not self._closed.wait(pause):
            connection.sendall(endless)
