"""Who gets a thread and for how long, and what is answered to requests that never reach the application."""

from __future__ import annotations

import json
import selectors
import socket
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http import errors, wsgi
from gunicorn.workers.gthread import ThreadWorker
from structlog.contextvars import clear_contextvars
from werkzeug.exceptions import RequestTimeout

from aizen.web.conventions import PROTECTING, new_request_id
from aizen.web.problems import FRAMEWORK_CODES
from aizen.web.serving.reading import FixedSettings, Parser, PatientReader
from aizen.web.serving.writing import Answer

__all__ = ["Log", "Worker", "worker_class"]

log = structlog.get_logger(__name__)

# A connection that is closed while the client may still be sending is read for so long, or the reset would overtake the answer.
LINGER_SECONDS = 1.0
# A thread waits so long for the next request of its client, if another thread is free: what a client nearby needs to ask on. To give the
# connection back and to get it again costs more than a short answer does.
STAY_MILLISECONDS = 5
# And so many requests are answered in a row.
IN_A_ROW = 100

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


class Log(Logger):  # type: ignore[misc]
    """gunicorn's lines reach the handler of ``aizen.logs``, as those of every library do."""

    def __init__(self, cfg: Any) -> None:
        super().__init__(cfg)
        self.error_log.propagate = True


class Worker(ThreadWorker):  # type: ignore[misc]
    """A threaded worker none of whose threads waits for a client any longer than REQUEST_SECONDS.

    A thread keeps a connection while its client asks on, as long as another thread is free for everybody else. TLS, which belongs in front
    of Aizen, is served as gunicorn does by itself; its hooks before and after a request are not called.
    """

    request_seconds: float
    alive: bool

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._fixed = FixedSettings(self.cfg)
        self._in_hand = 0

    def enqueue_req(self, conn: Any) -> None:
        """A connection gets a thread when it has something to read; gunicorn would let a new one keep a thread for five seconds."""
        if conn.parser is not None or self.cfg.is_ssl:
            self._in_hand += 1
            super().enqueue_req(conn)
            return
        conn.parser = Parser(self._fixed, conn.sock, conn.client, request_seconds=self.request_seconds)
        conn.timeout = time.monotonic() + self.request_seconds
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def finish_request(self, conn: Any, fs: Any) -> None:
        self._in_hand -= 1
        super().finish_request(conn, fs)

    def handle(self, conn: Any) -> Any:
        if not isinstance(conn.parser, Parser):
            return super().handle(conn)
        reader = conn.parser.unreader
        for _ in range(IN_A_ROW):
            reader.begin()
            if not super().handle(conn):
                reader.is_reading_request = False
                self._part_from(conn)
                return False
            if not self._is_asked_on(reader):
                break
        return True

    def _is_asked_on(self, reader: PatientReader) -> bool:
        """Whether the client's next request is here, or nearly, and nobody else has to wait for this thread."""
        threads = self._fixed.threads
        if self._in_hand > threads:
            return False
        is_one_free = self._in_hand < threads and self.alive
        return reader.has_more() or reader.has_news(milliseconds=STAY_MILLISECONDS if is_one_free else 0)

    def handle_request(self, req: Any, conn: Any) -> bool:
        try:
            if isinstance(conn.parser, Parser):
                return self._answer(req, conn)
            # gunicorn's own answers know no bounds.
            conn.sock.settimeout(self.request_seconds)
            return bool(super().handle_request(req, conn))
        except TimeoutError:
            log.info("client does not receive", method=req.method, path=req.path)
            return False
        finally:
            conn.parser.unreader.is_reading_request = False
            if conn.sock.gettimeout() is not None:
                with suppress(OSError):
                    conn.sock.settimeout(None)

    def _answer(self, req: Any, conn: Any) -> bool:
        """The application's answer has been sent; whether another request may follow."""
        begun = time.monotonic()
        answer, environ = wsgi.create(
            req, conn.sock, conn.client, conn.server, self._fixed, response_class=Answer, response_args=(self.request_seconds,)
        )
        environ["wsgi.multithread"] = True
        self._count()
        if not self.alive or not self._fixed.keepalive or len(self.keepalived_conns) >= self.max_keepalived:
            answer.force_close()
        try:
            content = self.wsgi(environ, answer.start_response)
            try:
                if isinstance(content, wsgi.FileWrapper):
                    answer.write_file(content)
                else:
                    for piece in content:
                        answer.write(piece)
                answer.close()
            finally:
                self.log.access(answer, req, environ, timedelta(seconds=time.monotonic() - begun))
                if hasattr(content, "close"):
                    content.close()
        except OSError:
            raise
        except (Exception, SystemExit) as error:
            if not answer.has_begun:
                raise
            # A second head behind the first would be read as a part of the picture.
            self.log.exception("Error handling request")
            util.close_graceful(conn.sock)
            raise StopIteration from error
        return not answer.should_close()

    def _count(self) -> None:
        """A request more. The process ends after ``max_requests`` of them, and another takes its place."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """The refusal of a request that never reached the application, as problem details."""
        status = next((REFUSED[kind] for kind in type(exc).__mro__ if kind in REFUSED), 500)
        request_id = new_request_id()
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
