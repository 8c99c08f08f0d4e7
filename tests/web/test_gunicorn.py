"""What gunicorn itself says and answers, before a request is the application's: as JSON in the log, as problem details to the client."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from aizen.web.conventions import PROTECTING
from tests.faults.parts import children_of, kill
from tests.faults.waiting import eventually
from tests.web.server import Server

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="processes are watched through /proc: gunicorn's own answers are not checked"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("gunicorn")).running() as server:
        yield server


HOST = b"Host: localhost\r\n"
REFUSALS = {
    "request line": (b"nonsense\r\n\r\n", 400, "bad_request"),
    "method": (b"G@T / HTTP/1.1\r\n" + HOST + b"\r\n", 400, "bad_request"),
    "version": (b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", 400, "bad_request"),
    "header name": (b"GET / HTTP/1.1\r\n" + HOST + b"Bad Name: x\r\n\r\n", 400, "bad_request"),
    "no header": (b"GET / HTTP/1.1\r\n" + HOST + b"Authorization Bearer pear-tree\r\n\r\n", 400, "bad_request"),
    "two lengths": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "bad_request"),
    "coding": (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: unheard\r\n\r\n", 501, "http_error"),
    "long address": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "address_too_long"),
    "large header": (b"GET / HTTP/1.1\r\n" + HOST + b"X-Large: " + b"a" * 9000 + b"\r\n\r\n", 431, "headers_too_large"),
    "many headers": (b"GET / HTTP/1.1\r\n" + HOST + b"X-One-Of-Many: a\r\n" * 150 + b"\r\n", 431, "headers_too_large"),
}


@pytest.mark.parametrize(("sent", "status", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_gunicorn_refuses_is_told_as_problem_details(server: Server, sent: bytes, status: int, code: str) -> None:
    answered, headers, body = server.answer_to(sent)
    assert answered == status
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Connection"] == "close"
    assert headers.items() >= PROTECTING.items()
    told = json.loads(body)
    assert (told["status"], told["code"], told["instance"]) == (status, code, "/")
    assert told["request_id"] == headers["X-Request-Id"]
    assert told.keys() == requests.get(f"{server.base_url}/api/v1/nothing", timeout=10).json().keys()
    [line] = [line for line in server.lines() if line.get("trace") == {"id": told["request_id"]}]
    assert (line["message"], line["http"], line["client"]) == (
        "request refused",
        {"response": {"status_code": status}},
        {"address": "127.0.0.1"},
    )


def test_a_refused_request_leaves_nothing_of_what_it_sent_in_log_and_answer(server: Server) -> None:
    _, _, body = server.answer_to(b"GET / HTTP/1.1\r\n" + HOST + b"Authorization Bearer plum-tree\r\n\r\n")
    assert b"plum-tree" not in body
    assert "plum-tree" not in server.log.read_text()


@pytest.mark.parametrize("sent", [b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", b"nonsense\r\n\r\n"])
def test_no_answer_tells_which_software_gave_it(server: Server, sent: bytes) -> None:
    _, headers, body = server.answer_to(sent)
    assert not re.search(r"gunicorn|\d+\.\d+\.\d+", headers.get("Server", "") + body.decode())


def test_every_line_of_a_server_is_json_from_its_start_to_its_end(tmp_path: Path) -> None:
    with Server(tmp_path).running() as server:
        server.answer_to(b"nonsense\r\n\r\n")
        [process] = children_of(server.pid)
        kill(process)  # which gunicorn tells in a line of its own
        eventually(
            lambda: any(line["log"] == {"logger": "gunicorn.error"} for line in server.lines()), what="gunicorn logs", story=server.story
        )
        eventually(server.answers, what="another process answers", story=server.story)
        assert server.stop() == 0
    lines = server.lines()
    assert {"request refused"} <= {line["message"] for line in lines}
    assert all({"@timestamp", "log.level", "message", "log", "ecs.version"} <= line.keys() for line in lines)
