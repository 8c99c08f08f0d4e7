"""Benchmark P12: the start of the one-command run until its page answers, and what all its processes hold while nothing happens.

    python benchmarks/start/run.py [--starts 5]

Prints a table and writes benchmarks/results/start.json. It is measured on what ``make run`` installs, requirements.txt and nothing else, in
benchmarks/peers/start/; Python's compiled files are there from a first start that is not counted.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
import venv
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.processes import cpu_seconds, mebibytes
from benchmarks.recording import at_most, beside, record

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Linters and type checkers pass over a folder whose name begins with a dot.
INSTALLED = HERE.parent / "peers" / "start" / ".venv"
LONGEST_START_SECONDS = 60
# After this long nothing that belongs to the start is still at work.
IDLE_AFTER_SECONDS = 6
CONTENDERS = {
    "aizen": "what `make run` starts: supervisor, embedded Valkey, gunicorn with 2 processes, 1 worker, clock; SQLite, migrated",
}


@dataclass(frozen=True)
class Start:
    """One start: seconds until the page answered, and for the idle processes together user and system time and MiB."""

    seconds: float
    cpu_seconds: float
    shared_once: float
    """Proportional set size: memory that several processes share is counted once."""
    resident: float
    """The sum of what ``ps`` shows: shared memory is counted in each process."""


def main() -> None:
    starts = _arguments().starts
    programs = _installed()
    with tempfile.TemporaryDirectory(prefix="aizen-benchmark-") as folder:
        environment = _environment(Path(folder), programs)
        migration = [_migrated(programs, environment) for _ in range(2)][-1]
        _start(programs, environment)
        found = [_start(programs, environment) for _ in range(starts)]
    rows = [
        at_most(3, "P12", "start of the one-command run until the page answers, s", measured=median(each.seconds for each in found)),
        at_most(350, "P12", "idle memory of all processes, shared once (PSS), MiB", measured=median(each.shared_once for each in found)),
        beside("P12", "the same, shared memory in each process (sum of RSS), MiB", measured=median(each.resident for each in found)),
        beside("P12", "CPU of the start, all processes, s", measured=median(each.cpu_seconds for each in found)),
        beside("P12", "`flask db upgrade` with nothing to migrate, which `make run` does before, s", measured=migration),
    ]
    record("start", rows, contenders=CONTENDERS, figures={"starts": [vars(each) for each in found]})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Start and idle memory of the one-command run")
    parser.add_argument("--starts", type=int, default=5, help="starts that are counted, after one that is not")
    return parser.parse_args()


def _installed() -> Path:
    """The folder of the programs of an environment that has requirements.txt and nothing else."""
    wanted = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    done = INSTALLED / "installed"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        venv.create(INSTALLED, with_pip=True, clear=True)
        install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(ROOT / "requirements.txt")]
        subprocess.run([str(INSTALLED / "bin" / "python"), *install], check=True)
        done.write_text(wanted, encoding="utf-8")
    return INSTALLED / "bin"


def _environment(folder: Path, programs: Path) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "PATH": f"{programs}:{os.defpath}",
        "HOME": str(folder),
        "DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
        # Beside the checkout, which stays as it is.
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
    }


def _migrated(programs: Path, environment: dict[str, str]) -> float:
    started = time.monotonic()
    subprocess.run([str(programs / "flask"), "db", "upgrade"], cwd=ROOT, env=environment, check=True)
    return time.monotonic() - started


def _start(programs: Path, environment: dict[str, str]) -> Start:
    started = time.monotonic()
    process = subprocess.Popen([str(programs / "python"), "-m", "aizen.supervisor"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        while not _answers(environment["PORT"]):
            if process.poll() is not None or time.monotonic() - started > LONGEST_START_SECONDS:
                raise RuntimeError("the page did not answer")
            time.sleep(0.01)
        seconds = time.monotonic() - started
        time.sleep(IDLE_AFTER_SECONDS)
        return Start(
            seconds=seconds,
            cpu_seconds=cpu_seconds(process.pid),
            shared_once=mebibytes(process.pid, "Pss"),
            resident=mebibytes(process.pid, "Rss"),
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LONGEST_START_SECONDS * 2)


def _answers(port: str) -> bool:
    """Whether the page at ``/`` comes, by way of its redirect."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return bool(answer.read())
    except OSError:
        return False


if __name__ == "__main__":
    main()
