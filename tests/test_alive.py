"""What a container's health check says of web server, worker and clock. tests/workshop/test_containers.py asks it about real ones."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from rq import Worker

from aizen import alive
from aizen.settings import Settings
from tests.services.valkey import Valkey

SETTINGS = Settings(secret_key="x9Qp2Lk7Vw4Zs8Td1Rf6Yb3Nm5Hc0Jg-tests-only", request_seconds=1)


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a server that answers everything so."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_web_server_is_alive_while_it_answers_healthz(host: str) -> None:
    with answering(200) as port:
        alive.web(replace(SETTINGS, host=host, port=port))
    with answering(500) as port, pytest.raises(alive.NotAlive, match="/healthz answers 500"):
        alive.web(replace(SETTINGS, host=host, port=port))


def test_a_web_server_that_accepts_and_says_nothing_is_not_alive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(alive.NotAlive, match="nothing answers"):
        alive.web(replace(SETTINGS, port=silent.getsockname()[1], request_seconds=0.1))


def test_a_worker_is_alive_while_the_queue_has_heard_of_it_lately(valkey: Valkey) -> None:
    settings = replace(SETTINGS, redis_url=valkey.url)
    valkey.flush()
    with pytest.raises(alive.NotAlive, match="knows no worker on the host"):
        alive.worker(settings)
    with valkey.client() as connection:
        elsewhere, here = (Worker(["aizen"], connection=connection) for _ in range(2))
        elsewhere.hostname = "another-host"
        elsewhere.register_birth()  # type: ignore[no-untyped-call]
        with pytest.raises(alive.NotAlive, match="knows no worker on the host"):
            alive.worker(settings)

        here.register_birth()  # type: ignore[no-untyped-call]
        alive.worker(settings)
        connection.hset(here.key, "last_heartbeat", "2026-01-01T00:00:00.000000Z")
        with pytest.raises(alive.NotAlive, match="no sign of life"):
            alive.worker(settings)
    valkey.flush()


def test_a_worker_whose_queue_is_gone_is_not_alive(tmp_path: Path) -> None:
    with pytest.raises(alive.NotAlive, match="the queue does not answer"):
        alive.worker(replace(SETTINGS, redis_url=f"unix://{tmp_path}/none"))


def test_a_clock_is_alive_while_it_touches_its_file(tmp_path: Path) -> None:
    file = tmp_path / "pulse"
    settings = replace(SETTINGS, pulse_file=file, alive_seconds=60)
    with pytest.raises(alive.NotAlive, match="PULSE_FILE is not set"):
        alive.clock(SETTINGS)
    with pytest.raises(alive.NotAlive, match="No such file"):
        alive.clock(settings)
    file.touch()
    alive.clock(settings)
    os.utime(file, (time.time() - 61, time.time() - 61))
    with pytest.raises(alive.NotAlive, match="no sign of life for 61 s; ALIVE_SECONDS allows 60"):
        alive.clock(settings)


@pytest.fixture
def _signals() -> Iterator[None]:
    """The command takes the signals of this process; they are given back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals")
def test_the_clock_gives_its_pulse_and_goes_on_where_it_cannot(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    for file, is_given in ((tmp_path / "pulse", True), (tmp_path / "none" / "pulse", False)):
        ticked = make_app(pulse_file=file).test_cli_runner().invoke(args=["clock", "--once"])
        assert ticked.exit_code == 0, ticked.output
        assert file.exists() == is_given


@pytest.mark.parametrize(("words", "told"), [([], "usage"), (["cron"], "usage"), (["clock"], "clock: PULSE_FILE is not set")])
def test_the_program_ends_with_1_and_a_sentence(words: list[str], told: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "aizen.alive", *words]

    ended = subprocess.run(command, cwd=Path(__file__).parents[1], env=environment, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
