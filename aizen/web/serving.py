"""What gunicorn's threaded worker does not do by itself: bound slow clients, and refuse and log in the application's own form."""

from __future__ import annotations

import json
import selectors
import socket
import time
import uuid
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, NoReturn

import structlog
from gunicorn import http, util
from gunicorn.glogging import Logger
from gunicorn.http import errors, wsgi
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker
from structlog.contextvars import clear_contextvars
from werkzeug.exceptions import RequestTimeout

from aizen.web.conventions import PROTECTING
from aizen.web.problems import FRAMEWORK_CODES

__all__ = ["Log", "Worker", "worker_class"]

log = structlog.get_logger(__name__)

# A request that keeps arriving may take REQUEST_SECONDS, and a second more for each so many bytes: 32 kbit/s, less than any line in use.
LEAST_BYTES_PER_SECOND = 4096
# A connection that is closed while the client may still be sending is read for so long, or the reset would overtake the answer.
LINGER_SECONDS = 1.0

REFUSED: dict[type[Exception], int] = {
    RequestTimeout: 408,
    errors.LimitRequestLine: 414,
    errors.ExpectationFailed: 417,
    errors.LimitRequestHeaders: 431,
    errors.UnsupportedTransferCoding: 501,
    errors.ForbiddenProxyRequest: 403,
    errors.ConfigurationProblem: 500,
    # The application's own header was wrong, not the client's.
    errors.InvalidResponseHeader: 500,
    errors.InvalidResponseHeaderName: 500,
    errors.ParseException: 400,
}

# What software answers is nobody's business, and gunicorn has no setting for it.
wsgi.SERVER = "aizen"


class Log(Logger):  # type: ignore[misc]
    """gunicorn's lines reach the handler of ``aizen.logs``, as those of every library do."""

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self.error_log.propagate = True


class PatientReader(SocketUnreader):  # type: ignore[misc]
    """Reads a request off its connection, and raises RequestTimeout where the client takes more time than is allowed.

    Only the waiting counts, not what the application does between two reads.
    """

    def __init__(self, connection: socket.socket, *, parser: Any, request_seconds: float) -> None:
        super().__init__(connection)
        self._parser = parser
        self._request_seconds = request_seconds
        self.is_reading_request = False
        self._waited = 0.0
        self._received = 0

    def begin(self) -> None:
        """The allowance is that of a new request."""
        self.is_reading_request = True
        self._waited = 0.0
        self._received = 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        if not self.is_reading_request:  # gunicorn discards what is left of a body, and has a deadline of its own for that
            return bytes(super().chunk(size_hint))
        before = self.sock.gettimeout()
        begun = time.monotonic()
        left = self._request_seconds + self._received / LEAST_BYTES_PER_SECOND - self._waited
        # What has already arrived is taken in any case.
        self.sock.settimeout(max(0.001, min(self._request_seconds, left)))
        try:
            data = bytes(super().chunk(size_hint))
        except TimeoutError:
            self._give_up()
        finally:
            self.sock.settimeout(before)
        self._waited += time.monotonic() - begun
        self._received += len(data)
        return data

    def _give_up(self) -> NoReturn:
        # Where the next request would begin is unknown, so this connection has none.
        if self._parser.mesg is not None:
            self._parser.mesg.force_close()
        # No OSError: werkzeug takes those for a client that has gone.
        raise RequestTimeout


class Worker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker none of whose threads waits for a client any longer than REQUEST_SECONDS.

    TLS, which belongs in front of Aizen, is served as gunicorn does by itself.
    """

    request_seconds: float

    def enqueue_req(self, conn: Any) -> None:
        """A connection gets a thread when it has something to read; gunicorn would let a new one keep a thread for five seconds."""
        if conn.parser is not None or self.cfg.is_ssl:
            super().enqueue_req(conn)
            return
        conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
        conn.parser.unreader = PatientReader(conn.sock, parser=conn.parser, request_seconds=self.request_seconds)
        conn.timeout = time.monotonic() + self.request_seconds
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: Any) -> Any:
        reader = getattr(conn.parser, "unreader", None)
        if not isinstance(reader, PatientReader):
            return super().handle(conn)
        reader.begin()
        is_kept = super().handle(conn)
        if not is_kept:
            reader.is_reading_request = False
            self._part_from(conn)
        return is_kept

    def handle_request(self, req: Any, conn: Any) -> Any:
        # Bounds the sending. PatientReader has bounds of its own.
        conn.sock.settimeout(self.request_seconds)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            log.info("client does not receive", method=req.method, path=req.path)
            return False
        finally:
            conn.parser.unreader.is_reading_request = False
            with suppress(OSError):
                conn.sock.settimeout(None)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """The refusal of a request that never reached the application, as problem details."""
        status = next((REFUSED[kind] for kind in type(exc).__mro__ if kind in REFUSED), 500)
        request_id = str(uuid.uuid4())
        clear_contextvars()  # of the request that this thread answered before
        # Not the message: it repeats what was sent, which may be a token.
        told = {"status": status, "reason": type(exc).__name__, "client": addr[0] if addr else None, "request_id": request_id}
        if status == 500:
            log.error("request broke off", exc_info=exc, **told)
        else:
            log.info("request refused", **told)
        with suppress(OSError):
            util.write_nonblock(client, refusal(status, request_id=request_id))
            if status != 408:
                _linger(client)

    def _part_from(self, conn: Any) -> None:
        """The client has been told that nothing follows. gunicorn would wait for its farewell in the thread that accepts everybody."""
        with suppress(OSError, errors.ParseException):
            conn.sock.shutdown(socket.SHUT_WR)
            conn.parser.finish_body(deadline=time.monotonic() + LINGER_SECONDS)
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_RDWR)


def worker_class(*, request_seconds: float) -> type[Worker]:
    """The worker for gunicorn, which makes it itself and passes nothing but its own settings."""
    return type("Worker", (Worker,), {"request_seconds": request_seconds})


def refusal(status: int, *, request_id: str) -> bytes:
    """A whole HTTP answer with problem details, like those of ``aizen.web.problems``; of a request without a path that could be read."""
    phrase = HTTPStatus(status).phrase
    code, detail = FRAMEWORK_CODES.get(status, ("http_error", f"{phrase}."))
    body = {"type": "about:blank", "title": phrase, "status": status, "detail": detail, "instance": "/", "code": code}
    content = json.dumps(body | {"request_id": request_id}).encode()
    headers = {
        "Connection": "close",
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(content)),
        "Cache-Control": "no-store",
        "X-Request-Id": request_id,
        **PROTECTING,
    }
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + content


def _linger(client: socket.socket) -> None:
    """What the client still sends is read and dropped, for a while."""
    client.shutdown(socket.SHUT_WR)
    deadline = time.monotonic() + LINGER_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        client.settimeout(left)
        if not client.recv(65536):
            break
