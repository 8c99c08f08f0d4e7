"""One HTTP exchange through Requests, bounded in time and bytes, whose failures are already ours.

Requests and urllib3 bound a single read, never a whole exchange: a server that sends a byte now and then holds its client for ever. Here a
timer shuts the connection down, at whatever stage it is.
"""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

import urllib3
from requests import PreparedRequest, RequestException, Response, Session, Timeout
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from aizen.ai.refusals import too_slow
from aizen.errors import Final, OutsideFailure, TryAgain

Refusal = Callable[[int, Mapping[str, str], bytes], OutsideFailure]
"""A provider's answer that is no success (status, headers, body) as an error of ours."""

_CHUNK = 64 * 1024
# For each address that a name has: an unreachable one must not use up the time of the next.
_CONNECT_SECONDS = 5.0


class BoundedAdapter(HTTPAdapter):
    """Requests' door to the network, through which an answer comes whole and within bounds, or not at all.

    ``seconds`` bounds the exchange from the connection to the last byte; while no connection stands yet, looking up the name and trying
    each of its addresses (at most 5 s) may outlast it. ``max_bytes`` bounds the body as it is decoded. No connection is kept: an adapter
    that was opened before a fork shares no socket after it. Redirects are refusals, for Requests would carry a provider's own key header
    to wherever they lead.
    Raises ``TryAgain`` (``provider_timeout``, ``provider_unavailable``), ``Final`` (``malformed_answer``), and what ``refusal`` makes of a
    status other than 2xx.

    With ``addresses`` the connection goes to one of these, whatever the host's name means by then; by a proxy, the proxy looks it up.
    """

    def __init__(self, *, seconds: float, max_bytes: int, refusal: Refusal, addresses: Sequence[str] = ()) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._refusal = refusal
        self._addresses = addresses
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _WATCHED_POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        # A SOCKS proxy brings connections of its own, which stay bounded a read at a time.
        if isinstance(manager, urllib3.ProxyManager):
            manager.pool_classes_by_scheme = _WATCHED_POOLS
        return manager

    def send(self, request: PreparedRequest, *_args: Any, **options: Any) -> Response:
        request.headers["Connection"] = "close"
        options |= {"stream": True, "timeout": (min(_CONNECT_SECONDS, self._seconds), self._seconds)}
        with _Deadline(self._seconds, addresses=self._addresses) as deadline:
            try:
                response = super().send(request, **options)
                body = self._body_of(response)
            except (RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                # The message is left out: it may quote the request's headers, and the key is one of them.
                raise _failure(error, in_time=not deadline.passed) from None
            if deadline.passed:
                # A body without a length ends just like this when its connection is shut.
                raise too_slow()
        if not 200 <= response.status_code < 300:
            raise self._refusal(response.status_code, response.headers, body)
        response.raw = io.BytesIO(body)
        return response

    def _body_of(self, response: Response) -> bytes:
        body = bytearray()
        try:
            while chunk := response.raw.read(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._max_bytes:
                    raise Final("The provider's answer is too long.", code="malformed_answer")
        finally:
            response.raw.close()
        return bytes(body)


def confine(session: Session, adapter: BoundedAdapter) -> Session:
    """Every request of ``session`` goes through ``adapter``, by the operator's proxy if the environment names one.

    Whatever a netrc file says of the host is not sent: Requests would let it replace the provider's own key.
    """
    session.auth = _nothing_added
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _nothing_added(request: PreparedRequest) -> PreparedRequest:
    return request


def _failure(error: Exception, *, in_time: bool) -> TryAgain:
    if not in_time or isinstance(error, (Timeout, urllib3.exceptions.TimeoutError, TimeoutError)):
        return too_slow()
    return TryAgain(f"The provider cannot be reached ({type(error).__name__}).", code="provider_unavailable")


class _Deadline:
    """Within the block, each connection of this thread goes to ``addresses``, if any, and is shut down once the seconds are over."""

    def __init__(self, seconds: float, *, addresses: Sequence[str]) -> None:
        self.passed = False
        self.addresses = addresses
        self._lock = threading.Lock()
        self._handles: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._token = _deadline.set(self)
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()
        _deadline.reset(self._token)
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def watch(self, connection: socket.socket) -> None:
        # A second handle on the same connection: TLS takes the first one away, and shutting any of them down ends it for all.
        with self._lock:
            handle = connection.dup()
            self._handles.append(handle)
            if self.passed:
                _shut(handle)

    def _pass(self) -> None:
        with self._lock:
            self.passed = True
            for handle in self._handles:
                _shut(handle)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


_deadline: ContextVar[_Deadline] = ContextVar("deadline")


class _WatchedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        deadline = _deadline.get()
        connection = self._to_one_of(deadline.addresses) if deadline.addresses and not self.proxy else super()._new_conn()
        deadline.watch(connection)
        return connection

    def _to_one_of(self, addresses: Sequence[str]) -> socket.socket:
        # TLS and the Host header are for the name, which stands here again as soon as there is a connection.
        name = self.host
        failure: Exception = OSError()
        try:
            for address in addresses:
                self.host = address
                try:
                    return super()._new_conn()
                except urllib3.exceptions.HTTPError as error:
                    failure = error
        finally:
            self.host = name
        raise failure


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    pass


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


_WATCHED_POOLS = {"http": _WatchedPool, "https": _WatchedTlsPool}
