"""A connection whose client asks on stays with its thread, for nobody's disadvantage; and what is sent is what the application said."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead
from itertools import product
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.faults.gates import FOLDER_VARIABLE, Gates
from tests.faults.parts import children_of, is_running, sockets_of
from tests.faults.waiting import eventually
from tests.web.server import Server
from tests.web.talking import content

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc: kept connections are not checked")

MANY = 500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gates")


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With two threads."""
    settings = {"WEB_THREADS": "2", FOLDER_VARIABLE: str(folder)}
    with Server(tmp_path_factory.mktemp("web"), application="tests.web.talking_web:app", **settings).running() as server:
        yield server


@pytest.fixture
def connection(server: Server) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=15)
    yield connection
    connection.close()


def number(connection: HTTPConnection) -> tuple[int, str | None]:
    """How many such requests the server has answered, and what becomes of the connection."""
    connection.request("GET", "/talk/number")
    answer = connection.getresponse()
    return int(answer.read()), answer.getheader("Connection")


def wakings_of(pid: int) -> int:
    """How often the main thread of the process, which hands connections to the others, has begun to wait."""
    found = re.search(r"^voluntary_ctxt_switches:\s*(\d+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def asking(*, gate: str = "open") -> bytes:
    return b"GET /talk/number?gate=%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % gate.encode()


def number_in(stream: BinaryIO) -> int:
    """The next of the answers that come one after the other."""
    size = 0
    while (line := stream.readline()) != b"\r\n":
        assert line, "the connection has ended"
        if line.startswith(b"Content-Length: "):
            size = int(line.split()[1])
    return int(stream.read(size))


def test_a_client_that_asks_on_is_answered_without_a_change_of_threads(server: Server, connection: HTTPConnection) -> None:
    [process] = children_of(server.pid)
    first, _ = number(connection)
    before = wakings_of(process)
    for each in range(MANY):
        assert sum(range(20_000))  # what a client does between two requests, in less than a millisecond
        assert number(connection) == (first + 1 + each, "keep-alive")
    # It was twice for each request. A few times in a row the answers to one client end, and a client may have been too slow.
    assert wakings_of(process) - before < MANY / 2


def test_whoever_waits_for_a_thread_comes_before_what_another_has_asked_for_already(server: Server, folder: Path) -> None:
    gates = Gates(folder)
    [process] = children_of(server.pid)
    with server.connected() as busy, server.connected() as greedy, gates.held("busy"), gates.held("greedy"):
        busy.sendall(asking(gate="busy"))
        greedy.sendall(asking(gate="greedy") + asking() * MANY)
        eventually(lambda: gates.arrived("busy") and gates.arrived("greedy"), what="both threads are taken")
        before = len(sockets_of(process))
        with server.connected() as waiting:
            waiting.sendall(asking())
            eventually(lambda: len(sockets_of(process)) > before, what="the server knows of who waits")
            gates.open("greedy")
            place = number_in(waiting.makefile("rb"))
        stream = greedy.makefile("rb")
        numbers = [number_in(stream) for _ in range(MANY + 1)]
        gates.open("busy")
        assert number_in(busy.makefile("rb")) > place
    assert numbers == sorted(numbers)
    # After what was at hand, and what was answered until the server had let the other stand in line.
    assert place <= numbers[0] + 20


def test_after_sigterm_a_kept_connection_has_one_more_answer_that_says_so(server: Server, connection: HTTPConnection) -> None:
    [process] = children_of(server.pid)
    first, becomes = number(connection)
    answered = first
    while becomes != "close":
        if answered == first + MANY:
            os.kill(process, signal.SIGTERM)
        assert answered < first + 100 * MANY
        expected = answered + 1
        answered, becomes = number(connection)
        assert answered == expected
    assert answered > first + MANY
    eventually(lambda: not is_running(process), what="the process ends")
    eventually(server.answers, what="another one answers")


def test_the_client_gets_what_the_application_said_in_whatever_way(server: Server, connection: HTTPConnection) -> None:
    sizes = (0, 1, 1000, 64 * 1024, 64 * 1024 + 1, 300_000)
    for way, size, sized in product(("pieces", "file", "memory"), sizes, ("", "&sized=yes")):
        for method, status, expected in (("GET", 200, content(size)), ("HEAD", 200, b""), ("GET", 304, b"")):
            connection.request(method, f"/talk/{way}?size={size}&status={status}%20Said{sized}")
            answer = connection.getresponse()
            case = f"{method} {way} {size} {status} {sized}"
            # The next answer on the connection shows that nothing is left of this one.
            assert (answer.status, answer.reason, answer.read() == expected) == (status, "Said", True), case
            told = answer.getheader("Content-Length"), answer.getheader("Transfer-Encoding")
            assert told == ((str(size), None) if sized else (None, "chunked" if status == 200 and method == "GET" else None)), case
            assert answer.getheader("Connection") == "keep-alive", case


def test_an_application_that_breaks_off_is_a_500_or_an_end_behind_its_first_byte(server: Server, connection: HTTPConnection) -> None:
    connection.request("GET", "/talk/pieces?size=5000&breaks=0&sized=yes")
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Type"), answer.getheader("Connection")) == (500, "application/problem+json", "close")
    answer.read()
    connection.request("GET", "/talk/pieces?size=5000&breaks=2&sized=yes")
    answer = connection.getresponse()
    with pytest.raises(IncompleteRead) as broken:
        answer.read()
    assert broken.value.partial == content(2000)
