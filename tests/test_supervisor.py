"""The supervisor: what ends by accident is started again, and all of it ends when it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from aizen.settings import Settings
from aizen.supervisor import Part, Supervisor, greeting, parts_of
from tests.conftest import SECRET
from tests.faults.installation import free_port
from tests.faults.parts import is_running
from tests.faults.waiting import eventually


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path, redis_url="redis://localhost:1", port=free_port(), worker_processes=3)


def test_there_is_a_web_server_each_worker_and_one_clock(settings: Settings) -> None:
    assert [part.name for part in parts_of(settings)] == ["web", "worker-1", "worker-2", "worker-3", "clock"]


def test_the_start_message_says_where_letters_go_that_nobody_sends(settings: Settings) -> None:
    first, second = greeting(settings).split("\n")
    assert settings.base_url in first
    assert str(settings.mail_folder) in second
    assert "EMAIL_HOST" in second
    assert "\n" not in greeting(replace(settings, email_host="smtp.example.org"))


def test_a_part_that_ends_is_started_again_and_a_signal_ends_them_all(settings: Settings, tmp_path: Path) -> None:
    """The part writes a line each time it starts; the first two times it ends at once, then it tells us to stop."""
    marks = tmp_path / "starts"
    program = (
        "import os, pathlib, signal, sys, time\n"
        "marks = pathlib.Path(sys.argv[1])\n"
        "with marks.open('a') as file: file.write('started\\n')\n"
        "if len(marks.read_text().splitlines()) < 3: sys.exit(1)\n"
        "os.kill(int(sys.argv[2]), signal.SIGTERM)\n"
        "time.sleep(60)\n"
    )
    part = Part("stubborn", [sys.executable, "-c", program, str(marks), str(os.getpid())])
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    watchdog = threading.Timer(30, lambda: os.kill(os.getpid(), signal.SIGTERM))
    watchdog.start()
    try:
        Supervisor(settings, [part], say=lambda _text: None).run()
    finally:
        watchdog.cancel()
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert marks.read_text().splitlines() == ["started"] * 3
    assert part.process is not None
    assert part.process.returncode == -signal.SIGTERM


KILLED = """
import sys
from pathlib import Path
from aizen.settings import Settings
from aizen.supervisor import Part, Supervisor

folder = Path(sys.argv[1])
settings = Settings(secret_key=sys.argv[2], data_dir=folder, redis_url="redis://localhost:1", port=1)
part = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(60)"
Supervisor(settings, [Part("part", [sys.executable, "-c", part, str(folder / "pid")])], say=print).run()
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a process that its parent has gone: elsewhere parts outlive a SIGKILL"
)
def test_no_part_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), SECRET]) as supervisor:
        try:
            eventually(lambda: pid.exists() and bool(pid.read_text()), what="the part runs")
        finally:
            supervisor.kill()
    part = int(pid.read_text())
    try:
        eventually(lambda: not is_running(part), what="the part has ended", seconds=10)
    finally:
        if is_running(part):
            os.kill(part, signal.SIGKILL)


WEB = """
import http.server, sys

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        served = self.headers["Host"].partition(":")[0] == "images.host.test"
        self.send_response({"/healthz": 200, "/setup": int(sys.argv[2]) if served else 400}[self.path])
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.mark.parametrize(("status", "is_shown"), [(200, True), (410, False), (503, False)])
def test_the_set_up_link_is_shown_while_there_is_no_administrator(settings: Settings, status: int, is_shown: bool) -> None:
    settings = replace(settings, public_url="https://images.host.test", allowed_hosts=("images.host.test",))
    told: list[str] = []
    # The second part starts when the first has answered and all has been told: it tells us to stop.
    stops = f"import os, signal; os.kill({os.getpid()}, signal.SIGTERM)"
    parts = [
        Part("web", [sys.executable, "-c", WEB, str(settings.port), str(status)]),
        Part("last", [sys.executable, "-c", stops]),
    ]
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    watchdog = threading.Timer(30, lambda: os.kill(os.getpid(), signal.SIGTERM))
    watchdog.start()
    try:
        Supervisor(settings, parts, say=told.append).run()
    finally:
        watchdog.cancel()
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert told[0].startswith("Aizen is at https://images.host.test")
    assert [settings.setup_url in each for each in told[1:]] == [True] * is_shown


def test_a_port_in_use_is_told_and_nothing_is_started(settings: Settings) -> None:
    told: list[str] = []
    part = Part("web", [sys.executable, "-c", "pass"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = replace(settings, port=taken.getsockname()[1])
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        try:
            with pytest.raises(SystemExit, match="PORT: cannot listen"):
                Supervisor(busy, [part], say=told.append).run()
        finally:
            signal.signal(signal.SIGTERM, before[0])
            signal.signal(signal.SIGINT, before[1])
    assert (told, part.process) == ([], None)
