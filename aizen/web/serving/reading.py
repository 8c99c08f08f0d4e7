"""Requests as they are read off a connection: for no longer than is allowed, and nothing worked out twice that stays the same."""

from __future__ import annotations

import select
import socket
import time
from functools import lru_cache
from typing import Any, NoReturn

from gunicorn.http.body import LengthReader
from gunicorn.http.message import Request as GunicornRequest
from gunicorn.http.message import _ip_in_allow_list
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from werkzeug.exceptions import RequestTimeout

# A request that keeps arriving may take REQUEST_SECONDS, and a second more for each so many bytes: 32 kbit/s, less than any line in use.
LEAST_BYTES_PER_SECOND = 4096


class FixedSettings:
    """gunicorn's settings of a process, each looked up once: its own object parses and validates them again at every look."""

    def __init__(self, cfg: Any) -> None:
        self._cfg = cfg

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._cfg, name)
        setattr(self, name, value)
        return value


class PatientReader(SocketUnreader):  # type: ignore[misc]
    """Reads a request off its connection, and raises RequestTimeout where the client takes more time than is allowed.

    Only the waiting counts, not what the application does between two reads.
    """

    sock: socket.socket

    def __init__(self, connection: socket.socket, *, parser: Any, request_seconds: float) -> None:
        super().__init__(connection)
        self._parser = parser
        self._request_seconds = request_seconds
        self.is_reading_request = False
        self._waited = 0.0
        self._received = 0
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def begin(self) -> None:
        """The allowance is that of a new request."""
        self.is_reading_request = True
        self._waited = 0.0
        self._received = 0

    def has_more(self) -> bool:
        """Whether some of the next request has been read already, with the end of the last one."""
        return bool(self.buf.getvalue())

    def has_news(self, *, milliseconds: int) -> bool:
        """Whether something to be read arrives within that time; that the client has gone is news too."""
        return bool(self._poll.poll(milliseconds))

    def chunk(self, size_hint: int | None = None) -> bytes:
        if not self.is_reading_request:  # gunicorn discards what is left of a body, and has a deadline of its own for that
            return bytes(super().chunk(size_hint))
        size = self.mxchunk if size_hint is None else min(max(size_hint, self.mxchunk), self.max_body_chunk)
        try:
            data = self.sock.recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            data = self._waited_for(size)
        self._received += len(data)
        return data

    def _waited_for(self, size: int) -> bytes:
        begun = time.monotonic()
        left = self._request_seconds + self._received / LEAST_BYTES_PER_SECOND - self._waited
        before = self.sock.gettimeout()
        self.sock.settimeout(max(0.001, min(self._request_seconds, left)))
        try:
            return self.sock.recv(size)
        except TimeoutError:
            self._give_up()
        finally:
            self.sock.settimeout(before)
            self._waited += time.monotonic() - begun

    def _give_up(self) -> NoReturn:
        # Where the next request would begin is unknown, so this connection has none.
        if self._parser.mesg is not None:
            self._parser.mesg.force_close()
        # No OSError: werkzeug takes those for a client that has gone.
        raise RequestTimeout


@lru_cache(maxsize=1024)
def _is_proxy(settings: FixedSettings, address: str) -> bool:
    return bool(_ip_in_allow_list(address, settings.forwarded_allow_ips, settings.forwarded_allow_networks()))


class Request(GunicornRequest):  # type: ignore[misc]
    """A request as gunicorn parses it."""

    def _peer_is_trusted_proxy(self) -> bool:
        return not isinstance(self.peer_addr, tuple) or _is_proxy(self.cfg, self.peer_addr[0])


class Parser(RequestParser):  # type: ignore[misc]
    """The requests of one connection, one after the other."""

    mesg_class = Request

    def __init__(self, settings: FixedSettings, connection: socket.socket, client: Any, *, request_seconds: float) -> None:
        super().__init__(settings, connection, client)
        self.unreader = PatientReader(connection, parser=self, request_seconds=request_seconds)

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        """gunicorn's way of discarding a body is a long one where there is none."""
        body = None if self.mesg is None else self.mesg.body
        if body is not None and isinstance(body.reader, LengthReader) and not body.reader.length and not body.failed:
            return True
        return bool(super().finish_body(deadline, max_bytes))
