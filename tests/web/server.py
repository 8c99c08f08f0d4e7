"""gunicorn as an operator starts it, on an empty folder: nothing here needs a database."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.faults.installation import PROGRAMS, SECRET, base_environment, free_port
from tests.faults.parts import Part
from tests.faults.waiting import eventually


class Server(Part):
    """gunicorn with one process; ``application`` is what it serves, and ``settings`` are those that differ."""

    def __init__(self, folder: Path, *, application: str = "wsgi:app", **settings: str) -> None:
        self.port = free_port()
        environment = {
            **base_environment(),
            "AIZEN_ENV": "development",
            "SECRET_KEY": SECRET,
            "DATA_DIR": str(folder / "data"),
            "PORT": str(self.port),
            "WEB_PROCESSES": "1",
            **settings,
        }
        super().__init__("web", (str(PROGRAMS / "gunicorn"), application), environment=environment, log=folder / "web.log")

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.base_url}/healthz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    @contextmanager
    def running(self) -> Iterator[Server]:
        """It answers, and has ended afterwards."""
        self.start()
        try:
            eventually(self.answers, what="gunicorn answers", story=self.story)
            yield self
        finally:
            self.kill_family()

    def lines(self) -> list[dict[str, object]]:
        """The log; fails at the first line that is not JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def answer_to(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of what comes back until the connection ends."""
        received = b""
        with self.connected() as connection:
            connection.sendall(sent)
            while piece := connection.recv(65536):
                received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body
