"""Clients that send or receive as slowly as they can: each is given up, and everybody else is served meanwhile."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import pytest
import requests

from tests import pictures
from tests.faults.client import LONGEST_ANSWER_SECONDS, Stopwatch
from tests.faults.installation import Build, Installation
from tests.faults.waiting import eventually
from tests.services.valkey import Valkey

REQUEST_SECONDS = 1.0
THREADS = 4
# More than there are threads, and more than the few that a deadline one after the other would let through.
MANY = 5 * THREADS
LARGE = pictures.jpeg_of_bytes(2_000_000)
STALLED_LOGIN = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def answer_on(connection: socket.socket) -> Answer | None:
    """What came before the server closed the connection; None where that is nothing."""
    received = b""
    connection.settimeout(LONGEST_ANSWER_SECONDS)
    while piece := connection.recv(65536):
        received += piece
    if not received:
        return None
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return Answer(int(first.split()[1]), {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, body)


def assert_given_up(connection: socket.socket) -> None:
    answer = answer_on(connection)
    assert answer is not None
    assert answer.status == 408
    assert answer.headers["connection"] == "close"
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["code"] == "request_timeout"


@pytest.fixture(scope="module")
def installation(build: Build) -> Iterator[Installation]:
    changes = {"REQUEST_SECONDS": str(REQUEST_SECONDS), "WEB_THREADS": str(THREADS)}
    with Valkey() as valkey, build(valkey, changes=changes) as running:
        yield running


@contextmanager
def many_connections(installation: Installation, sent: bytes) -> Iterator[list[socket.socket]]:
    """As many connections as hold every thread several times over, each with those bytes sent."""
    with ExitStack() as stack:
        connections = []
        for _ in range(MANY):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", installation.port), timeout=LONGEST_ANSWER_SECONDS))
            connection.sendall(sent)
            connections.append(connection)
        yield connections


def is_healthy(installation: Installation, *, seconds: float) -> bool:
    try:
        return requests.get(f"{installation.base_url}/healthz", timeout=seconds).status_code == 200
    except requests.RequestException:
        return False


def test_stalled_bodies_hold_no_thread_for_longer_than_the_deadline(installation: Installation) -> None:
    with many_connections(installation, STALLED_LOGIN) as connections:
        # Those before us give up their threads in turn.
        assert is_healthy(installation, seconds=REQUEST_SECONDS * MANY / THREADS + 3)
        for connection in connections:
            assert_given_up(connection)
        assert is_healthy(installation, seconds=1)
    installation.assert_clean()


def test_a_stalled_upload_is_answered_408_and_leaves_nothing(installation: Installation) -> None:
    user = installation.register()
    with user.begin_upload(LARGE, share=0.5) as connection:
        eventually(installation.open_temporary_files, what="the upload arrives in a temporary file")
        assert_given_up(connection)
        installation.assert_no_temporary_files()
    assert user.request("GET", "/api/v1/images").json() == []
    installation.assert_clean()


def test_a_stalled_chunked_body_is_answered_408(installation: Installation) -> None:
    head = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", installation.port)) as connection:
        connection.sendall(head + b"40\r\n{")
        assert_given_up(connection)


def drip(connection: socket.socket, *, seconds: float) -> None:
    """A byte now and then, never so late that the silence alone would tell; ends when the server closes."""
    connection.settimeout(REQUEST_SECONDS / 5)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            connection.sendall(b" ")
            if connection.recv(1, socket.MSG_PEEK) is not None:
                return
        except TimeoutError:
            continue
    raise AssertionError(f"the server still listens after {seconds} s")


@pytest.mark.parametrize("sent", [STALLED_LOGIN, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: a"], ids=["body", "headers"])
def test_a_client_that_sends_a_byte_now_and_then_is_given_up_too(installation: Installation, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", installation.port)) as connection:
        connection.sendall(sent)
        with Stopwatch() as watch:
            drip(connection, seconds=LONGEST_ANSWER_SECONDS)
        assert connection.recv(12) == b"HTTP/1.1 408"
    assert REQUEST_SECONDS * 0.5 < watch.seconds < REQUEST_SECONDS * 4


def test_stalled_headers_hold_no_thread_for_longer_than_the_deadline(installation: Installation) -> None:
    with many_connections(installation, b"GET /healthz HTTP/1.1\r\nHost: local") as connections:
        assert is_healthy(installation, seconds=REQUEST_SECONDS * MANY / THREADS + 3)
        for connection in connections:
            assert_given_up(connection)


def test_connections_that_say_nothing_hold_no_thread_at_all(installation: Installation) -> None:
    with many_connections(installation, b"") as connections:
        assert is_healthy(installation, seconds=REQUEST_SECONDS / 2)
        assert [answer_on(connection) for connection in connections] == [None] * MANY


@pytest.mark.parametrize(
    "sent",
    [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"nonsense\r\n\r\n"],
    ids=["answered", "refused"],
)
def test_clients_that_do_not_hang_up_delay_nobody(installation: Installation, sent: bytes) -> None:
    with many_connections(installation, sent):
        # Once for the threads, and once for what accepts connections, which is not to wait for anybody's farewell.
        for _ in range(2):
            assert is_healthy(installation, seconds=MANY / THREADS + 3)


def test_clients_that_do_not_receive_hold_no_thread_for_longer_than_the_deadline(installation: Installation) -> None:
    user = installation.register()
    image_id = user.upload(LARGE)
    user.wait_until("ready", image_id)
    asks = f"GET /api/v1/images/{image_id}/file HTTP/1.1\r\nHost: localhost\r\nAuthorization: {user.headers['Authorization']}\r\n\r\n"
    with installation.logs(installation.web, "client does not receive"), ExitStack() as stack:
        for _ in range(MANY):
            connection = stack.enter_context(socket.socket())
            # So little room that most of the answer has to wait in the server.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", installation.port))
            # More than the buffers of the system hold.
            connection.sendall(asks.encode() * 10)
        assert is_healthy(installation, seconds=2 * REQUEST_SECONDS * MANY / THREADS + 3)
    user.delete(image_id)
    installation.assert_clean()


def test_a_slow_but_steady_upload_passes_though_it_takes_longer_than_the_deadline(installation: Installation) -> None:
    user = installation.register()
    with user.begin_upload(LARGE, share=0.1) as connection, Stopwatch() as watch:
        size = len(user.rest) // 8 + 1
        for begin in range(0, len(user.rest), size):
            connection.sendall(user.rest[begin : begin + size])
            time.sleep(REQUEST_SECONDS / 3)  # the pace is what is tested
        assert connection.recv(12) == b"HTTP/1.1 201"
    assert watch.seconds > 2 * REQUEST_SECONDS
    [image] = user.request("GET", "/api/v1/images").json()
    user.wait_until("ready", image["id"])
    user.delete(image["id"])
    installation.assert_clean()


def test_a_connection_is_kept_and_its_next_request_has_its_own_allowance(installation: Installation) -> None:
    with requests.Session() as session:
        for _ in range(3):
            answer = session.post(
                f"{installation.base_url}/api/v1/auth/login", json={"email": "a@example.org", "password": "x"}, timeout=10
            )
            assert answer.status_code in (401, 422)
            assert answer.headers["Connection"] == "keep-alive"
            time.sleep(REQUEST_SECONDS * 0.6)  # the pace is what is tested
