"""Calling an address: each read within a deadline, nothing of ours sent along, every redirect checked like the first."""

from __future__ import annotations

import http.client
import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from werkzeug.http import parse_options_header

from aizen.errors import TooLarge, Unavailable
from aizen.outgoing.networks import Address, is_public, is_public_or_private
from aizen.outgoing.refusals import AddressRefused, FetchFailed
from aizen.outgoing.targets import PORTS, Target, target_of
from aizen.settings import Settings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Resolve = Callable[[str, int], Sequence[str]]
"""Every address that a name has, as text. Raises OSError for a name that has none, and may take its time."""

_CHUNK = 64 * 1024
_MOVED = frozenset({301, 302, 303, 307, 308})
# Of a header that we have to understand, as bytes on the wire. http.client bounds a line, and a header may be folded into a hundred;
# urlsplit makes the normal form of a host, which takes time by the square of a run of marks and lets no other thread run meanwhile.
_LONGEST_HEADER = 8192
# A look-up cannot be broken off: those that hang must not become more and more threads.
_LOOK_UPS = threading.BoundedSemaphore(16)


class Sink(Protocol):
    """Where the bytes go as they come."""

    def write(self, data: bytes, /) -> object: ...


def ask_the_system(host: str, port: int) -> list[str]:
    """Every address that the operating system's resolver gives."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class _Deadline:
    """The end of all waiting; and of each wait, ``silence`` seconds after it began."""

    def __init__(self, seconds: float, *, silence: float) -> None:
        self._ends = time.monotonic() + seconds
        self._silence = silence

    def wait(self) -> float:
        """How long the next wait may last. Raises FetchFailed when the time is over."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise _too_slow()
        return min(left, self._silence)


# What heads, pieces and trailers may take beside twice the file: to read them costs time, however little of them is kept.
_AROUND = 1024 * 1024


class _Wire(io.RawIOBase):
    """What a connection sends us: each read waits within the deadline, so that a server which drips is not waited for byte by byte."""

    def __init__(self, connection: socket.socket, deadline: _Deadline, *, most: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self._connection.settimeout(self._deadline.wait())
        received = self._connection.recv_into(buffer)
        self._left -= received
        if self._left < 0:
            raise FetchFailed("The server sends too much around the file.")
        return received

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As ``http.client`` asks a socket."""
        return io.BufferedReader(self)


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True)
class Fetcher:
    """Who calls, and within which bounds. ``connect_seconds`` bounds each silence too; ``trust`` is the system's unless it is given."""

    seconds: float = 15
    connect_seconds: float = 5
    redirects: int = 5
    ports: frozenset[int] = frozenset(PORTS.values())
    may_reach: Callable[[Address], bool] = is_public
    resolve: Resolve = ask_the_system
    trust: ssl.SSLContext | None = None

    def fetch(self, url: str, *, largest: int, into: Sink) -> str:
        """The file at ``url``, of at most ``largest`` bytes, has been written into ``into``; answers what it is called there, or "".

        The name is as the server tells it: nothing to open a file by. Raises AddressRefused (also address_unresolvable), FetchFailed (also
        fetch_timed_out, too_many_redirects), TooLarge, and whatever ``into`` raises.
        """
        deadline = _Deadline(self.seconds, silence=self.connect_seconds)
        target = target_of(url)
        for _ in range(self.redirects + 1):
            with _failures_as_ours(), closing(self._connection(target, deadline)) as connection:
                response = _ask(target, connection, deadline, most=2 * largest + _AROUND)
                if response.status not in _MOVED:
                    _receive(response, largest=largest, into=into)
                    return _file_name(response, target)
                target = _next(target, response)
        raise FetchFailed(f"The address leads on and on: more than {self.redirects} redirects.", code="too_many_redirects")

    def look_up(self, host: str, port: int) -> list[str]:
        """Every address that the host has, if all of them may be called, and the port may: for whoever then calls one of these itself.

        None where one of them may not be, the host is not known, or its look-up takes longer than a connection may.
        """
        try:
            target = target_of(f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}")
            return [str(each) for each in self._addresses(target, _Deadline(self.connect_seconds, silence=self.connect_seconds))]
        except (AddressRefused, FetchFailed, Unavailable):
            return []

    def _connection(self, target: Target, deadline: _Deadline) -> socket.socket:
        """A connection to one of the very addresses that were checked."""
        connection = _connected(self._addresses(target, deadline), target.port, deadline)
        if target.scheme == "http":
            return connection
        try:
            # The handshake as a whole has one wait. The name is asked for and its certificate checked, whatever address it has.
            connection.settimeout(deadline.wait())
            return (self.trust or _system_trust()).wrap_socket(connection, server_hostname=target.host)
        except BaseException:
            connection.close()
            raise

    def _addresses(self, target: Target, deadline: _Deadline) -> list[Address]:
        """What the host resolves to, all of it fit to be called. One address that is not says enough about whoever set the name up."""
        if target.port not in self.ports:
            raise AddressRefused(f"Only these ports are called: {', '.join(str(port) for port in sorted(self.ports))}.")
        literal = _literal(target.host)
        found = [literal] if literal else self._resolved(target, deadline)
        if not all(self.may_reach(each) for each in found):
            # As a name that nobody knows: else anybody could find out which names there are in our network.
            raise AddressRefused if literal else _unknown_host()
        return found

    def _resolved(self, target: Target, deadline: _Deadline) -> list[Address]:
        found = _looked_up(self.resolve, target, deadline)
        if isinstance(found, Exception) or not found:
            raise _unknown_host()
        return [ip_address(each) for each in found]


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _unknown_host() -> AddressRefused:
    return AddressRefused("The host of this address is not known, or is none that may be called.", code="address_unresolvable")


def open_fetcher(settings: Settings) -> Fetcher:
    """The fetcher that ``settings`` ask for."""
    return Fetcher(
        seconds=settings.fetch_seconds,
        connect_seconds=settings.fetch_connect_seconds,
        redirects=settings.fetch_redirects,
        ports=frozenset(settings.fetch_ports),
        may_reach=is_public_or_private if settings.fetch_private_networks else is_public,
    )


def _looked_up(resolve: Resolve, target: Target, deadline: _Deadline) -> Sequence[str] | Exception:
    """What the resolver says within the time, from a thread of its own: it takes no time-out, and may hang for half a minute."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(target.host, target.port))
        except Exception as error:
            answers.put(error)
        finally:
            _LOOK_UPS.release()

    if not _LOOK_UPS.acquire(timeout=deadline.wait()):
        raise _too_slow()
    try:
        threading.Thread(target=ask, daemon=True, name="look-up").start()
    except RuntimeError:  # no thread is to be had
        _LOOK_UPS.release()
        raise Unavailable("Nothing can be fetched now.", code="fetches_busy") from None
    try:
        return answers.get(timeout=deadline.wait())
    except queue.Empty:
        raise _too_slow() from None


def _connected(addresses: Sequence[Address], port: int, deadline: _Deadline) -> socket.socket:
    failure: Exception = FetchFailed()
    for address in addresses:
        try:
            # The address is a literal: nothing is resolved here.
            return socket.create_connection((str(address), port), timeout=deadline.wait())
        except OSError as error:
            failure = error
    raise failure


def _ask(target: Target, connection: socket.socket, deadline: _Deadline, *, most: int) -> http.client.HTTPResponse:
    """The answer to a GET, its head read; the server may send ``most`` bytes in all."""
    lines = (
        f"GET {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        "User-Agent: Aizen",
        "Accept: image/*, */*;q=0.1",
        # What is packed small and unpacks large is not asked for, and not taken.
        "Accept-Encoding: identity",
        "Connection: close",
    )
    connection.settimeout(deadline.wait())
    connection.sendall("\r\n".join((*lines, "", "")).encode("ascii"))
    response = http.client.HTTPResponse(_Wire(connection, deadline, most=most), method="GET")  # type: ignore[arg-type]
    response.begin()
    return response


def _next(target: Target, response: http.client.HTTPResponse) -> Target:
    """Where the redirect leads."""
    location = response.headers.get("Location")
    if location is None:
        raise FetchFailed("The address leads on, and does not say where.")
    if len(location) > _LONGEST_HEADER:
        raise FetchFailed("The address leads on to one that is too long.")
    try:
        moved = target_of(urljoin(target.url, _as_utf8(location)))
    except ValueError:
        raise AddressRefused from None
    if (target.scheme, moved.scheme) == ("https", "http"):
        raise AddressRefused("The address leads from https to http.")
    return moved


def _receive(response: http.client.HTTPResponse, *, largest: int, into: Sink) -> None:
    """The whole body has been written into ``into``. ``readinto`` bounds what is held here, whatever lengths the server tells."""
    if response.status != HTTPStatus.OK:
        raise FetchFailed(f"The address answered with status {response.status}.")
    packed = response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity")
    if packed or response.headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
        raise FetchFailed("The address answered with an encoding that was not asked for.")
    if (response.length or 0) > largest:
        raise _too_large(largest)
    room, buffer = largest, memoryview(bytearray(_CHUNK))
    # One byte more than there is room for tells that there is more.
    while count := response.readinto(buffer[: min(_CHUNK, room + 1)]):
        if count > room:
            raise _too_large(largest)
        into.write(bytes(buffer[:count]))
        room -= count
    if response.length:
        raise FetchFailed("The answer of the address broke off.")


def _file_name(response: http.client.HTTPResponse, target: Target) -> str:
    """What the server calls the file (RFC 6266), or else the last part of its address."""
    header = response.headers.get("Content-Disposition", "")
    _, told = parse_options_header(_as_utf8(header) if len(header) <= _LONGEST_HEADER else "")
    return told.get("filename") or unquote(urlsplit(target.url).path.rpartition("/")[2], errors="replace")


def _as_utf8(header: str) -> str:
    """The header as servers write it today; ``http.client`` reads Latin-1."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


@contextmanager
def _failures_as_ours() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise _too_slow() from None
    except ssl.SSLCertVerificationError:
        raise FetchFailed("The certificate of the address is not valid for its host.") from None
    except (OSError, http.client.HTTPException, ValueError):
        raise FetchFailed("The address cannot be reached, or its answer broke off.") from None


def _too_slow() -> FetchFailed:
    return FetchFailed("The address did not answer in time.", code="fetch_timed_out")


def _too_large(largest: int) -> TooLarge:
    return TooLarge(f"The file is larger than {largest} bytes.", code="file_too_large", limit=largest)
