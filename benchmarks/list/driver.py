"""Requests to a WSGI application in its own process, where nothing else is at work; for either side's interpreter.

Each line of the input is ``{"path", "token", "times"}`` in JSON, and so is each answer: ``{"cpu_ms", "wall_ms", "body"}``, the times
as lists with one figure a request, the body that of the last.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Application = Callable[..., Iterable[bytes]]


@dataclass(frozen=True)
class Answer:
    """Status line and whole body of one answer."""

    status: str
    body: bytes


def serve(application: Application) -> None:
    """Every line of the input is answered."""
    for line in sys.stdin:
        asked = json.loads(line)
        cpu: list[float] = []
        wall: list[float] = []
        answer = None
        for _ in range(asked["times"]):
            wall_begun, cpu_begun = time.perf_counter(), time.process_time()
            answer = ask(application, asked["path"], asked["token"])
            cpu.append((time.process_time() - cpu_begun) * 1000)
            wall.append((time.perf_counter() - wall_begun) * 1000)
            if not answer.status.startswith("200"):
                raise RuntimeError(f"{asked['path']}: {answer.status} {answer.body[:500]!r}")
        assert answer is not None
        told = {"cpu_ms": cpu, "wall_ms": wall, "body": json.loads(answer.body)}
        print(json.dumps(told), flush=True)


def ask(application: Application, path: str, token: str) -> Answer:
    """One GET as gunicorn would hand it over; what a server does to send the answer is not part of it."""
    path, _, query = path.partition("?")
    statuses: list[str] = []

    def start_response(status: str, _fields: list[tuple[str, str]], _error: object = None) -> None:
        statuses.append(status)

    answer = application(_environ(path, query, token), start_response)
    try:
        body = b"".join(answer)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    return Answer(statuses[-1], body)


def _environ(path: str, query: str, token: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_ACCEPT": "application/json",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
