"""The supervisor: what ends by accident is started again, and all of it ends when it is told to."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from aizen.settings import Settings
from aizen.supervisor import Part, Supervisor, parts_of
from tests.conftest import SECRET


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, data_dir=tmp_path, redis_url="redis://localhost:1", port=1, worker_processes=3)


def test_there_is_a_web_server_each_worker_and_one_clock(settings: Settings) -> None:
    assert [part.name for part in parts_of(settings)] == ["web", "worker-1", "worker-2", "worker-3", "clock"]


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
