"""Benchmark P9: from putting a light job off until it is done, one at a time at an idle worker, against Celery in the same run.

    python benchmarks/queue/run.py [--jobs 150]

Prints a table and writes benchmarks/results/queue.json. Celery is installed into benchmarks/peers/queue/ at the first run.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from redis import Redis

from aizen import queue
from aizen.adapters import open_adapters
from aizen.app import create_app
from aizen.database import transaction
from aizen.migrating import upgrade
from aizen.settings import Settings
from aizen.work import items
from benchmarks.installing import python_with
from benchmarks.queue.worker import KIND
from benchmarks.recording import at_most, beside, record
from tests.faults.parts import family_of
from tests.services.postgres import Postgres
from tests.services.process import end, spawn
from tests.services.valkey import Valkey

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Linters and type checkers pass over a folder whose name begins with a dot.
PEER = HERE.parent / "peers" / "queue" / ".venv"
TICKS = os.sysconf("SC_CLK_TCK")
WARM_UP = 10
LONGEST_WAIT_SECONDS = 30
# What a worker may need to be idle again, once the job is done: RQ tidies up after each.
REST_SECONDS = 0.06

CONTENDERS = {
    "whole": "Aizen: a row in PostgreSQL, a hint, a fork, a lease, and the row says done; three transactions",
    "forked": "Aizen's queue alone: a hint to the same worker, which finds nothing to do in its fork",
    "persistent": "the same in RQ's SimpleWorker, without a fork: Aizen does not run like this",
    "celery": "Celery 5.7, prefork, one persistent process, acks_late, no result",
}


@dataclass(frozen=True)
class Contender:
    """``start`` puts one job off and answers the time just before; ``client`` is where its worker tells when it was done."""

    start: Callable[[], int]
    client: Redis
    worker: subprocess.Popen[bytes]

    def milliseconds(self) -> float:
        """From the start of one job to its end; the worker is idle again afterwards."""
        started = self.start()
        told: Any = self.client.blpop(["done"], timeout=LONGEST_WAIT_SECONDS)
        if told is None:
            raise RuntimeError(f"a job was not done within {LONGEST_WAIT_SECONDS} s")
        time.sleep(REST_SECONDS)
        return (int(told[1]) - started) / 1e6

    def cpu_seconds(self) -> float:
        """User and system time of the worker so far, and of all children that it has or had."""
        used = 0
        for pid in family_of(self.worker.pid):
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            used += sum(map(int, fields[11:15]))
        return used / TICKS


def main() -> None:
    jobs = _arguments().jobs
    with ExitStack() as stack:
        contenders = _opened(stack)
        for each in contenders.values():
            for _ in range(WARM_UP):
                each.milliseconds()
        cpu = {name: -each.cpu_seconds() for name, each in contenders.items()}
        times: dict[str, list[float]] = {name: [] for name in contenders}
        # They take turns, so that what else the machine does falls on all of them.
        for _ in range(jobs):
            for name, each in contenders.items():
                times[name].append(each.milliseconds())
        for name, each in contenders.items():
            cpu[name] = (cpu[name] + each.cpu_seconds()) / jobs * 1000
        flush = _flush_milliseconds(Path(stack.enter_context(tempfile.TemporaryDirectory())))
    _record(times, cpu, flush)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A light job from put off to done, against Celery")
    parser.add_argument("--jobs", type=int, default=150, help="jobs of each contender, taking turns")
    return parser.parse_args()


def _opened(stack: ExitStack) -> dict[str, Contender]:
    """Every contender with its worker running, each in a database of its own on one Valkey."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aizen-benchmark-")))
    server = stack.enter_context(Valkey(port=0))
    postgres = stack.enter_context(Postgres.from_environ())
    url = {name: f"{server.url.rpartition('/')[0]}/{number}" for number, name in enumerate(CONTENDERS)}
    settings = Settings(
        secret_key=uuid.uuid4().hex + uuid.uuid4().hex,
        data_dir=folder / "data",
        redis_url=url["whole"],
        database_url=postgres.create_database("aizen_benchmark_queue"),
        redis_seconds=5,
        log_level="ERROR",
    )
    starts = {
        "whole": stack.enter_context(_whole(settings)),
        "forked": _bare(url["forked"]),
        "persistent": _bare(url["persistent"]),
        "celery": stack.enter_context(_celery(url["celery"], folder)),
    }
    contenders = {}
    for name, start in starts.items():
        worker = stack.enter_context(_worker(name, url[name], settings=settings, folder=folder))
        contenders[name] = Contender(start, stack.enter_context(Redis.from_url(url[name], socket_timeout=LONGEST_WAIT_SECONDS + 5)), worker)
    return contenders


@contextmanager
def _worker(name: str, url: str, *, settings: Settings, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(HERE / "worker.py"), name]
    environment = {**os.environ, "REDIS_URL": url, "PYTHONPATH": str(ROOT)}
    place = ROOT
    if name == "whole":
        environment |= {"DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir), "LOG_LEVEL": settings.log_level}
    elif name == "celery":
        python = str(python_with(HERE / "requirements.txt", PEER))
        command = [python, "-m", "celery", "-A", "celery_app", "worker", "--concurrency=1", "--loglevel=ERROR"]
        environment = _peer_environment(url)
        place = HERE
    process = spawn(command, dies_by=signal.SIGKILL, log=folder / f"{name}.log", folder=place, environment=environment)
    try:
        yield process
    except Exception:
        print((folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        end(process, by=signal.SIGTERM)


@contextmanager
def _whole(settings: Settings) -> Iterator[Callable[[], int]]:
    """Puts work off as the handler of an upload does."""
    adapters = open_adapters(settings)
    app = create_app(settings, adapters)

    def start() -> int:
        subject = uuid.uuid4()
        started = time.monotonic_ns()
        with transaction():
            items.put_off(KIND, subject_id=subject, owner_id=subject, adapters=adapters)
        return started

    with app.app_context():
        upgrade()
        yield start


def _bare(url: str) -> Callable[[], int]:
    hints = queue.HintQueue(url, seconds=5)

    def start() -> int:
        started = time.monotonic_ns()
        hints.hint("light", attempt=0, timeout=60)
        return started

    return start


@contextmanager
def _celery(url: str, folder: Path) -> Iterator[Callable[[], int]]:
    """Sends from a process that has Celery, and is told when that began to send."""
    with (folder / "sender.log").open("wb") as log:
        sender = subprocess.Popen(
            [str(python_with(HERE / "requirements.txt", PEER)), "celery_app.py"],
            cwd=HERE,
            env=_peer_environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert sender.stdin is not None
    assert sender.stdout is not None
    ask, answers = sender.stdin, sender.stdout

    def start() -> int:
        ask.write("\n")
        ask.flush()
        return int(answers.readline())

    with sender:
        yield start
        ask.close()


def _peer_environment(url: str) -> dict[str, str]:
    return {"PATH": os.defpath, "BROKER_URL": url, "HOME": tempfile.gettempdir()}


def _flush_milliseconds(folder: Path) -> float:
    """What this disk takes to keep a block for good: a PostgreSQL that waits for it does so at each of three commits."""
    times = []
    with (folder / "block").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(8192))
            started = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - started) * 1000)
    return median(times)


def _record(times: dict[str, list[float]], cpu: dict[str, float], flush: float) -> None:
    middle = {name: median(values) for name, values in times.items()}
    ratio = median(ours / theirs for ours, theirs in zip(times["persistent"], times["celery"], strict=True))
    rows = [
        at_most(25, "P9", "a light job with its row, a fork each: put off → done, p50, ms", measured=middle["whole"]),
        beside("P9", "the queue alone, a fork each: enqueue → done, p50, ms", measured=middle["forked"]),
        beside("P9", "the queue alone, without a fork (not how Aizen runs), p50, ms", measured=middle["persistent"]),
        beside("P9", "Celery, prefork with a persistent process, p50, ms", measured=middle["celery"]),
        at_most(1, "P9", "the queue alone without a fork ÷ Celery, median of the pairs", measured=ratio),
        beside("P9", "Aizen as it runs ÷ Celery, p50: the price of the row and of the fork", measured=middle["whole"] / middle["celery"]),
        beside("P9", "what a commit would wait for this disk, p50, ms; three a job, not included", measured=flush),
        *(beside("P9", f"CPU of the worker for a job, ms: {name}", measured=value) for name, value in cpu.items()),
    ]
    record("queue", rows, contenders=CONTENDERS, figures={name: [round(value, 3) for value in values] for name, values in times.items()})
    for name, values in times.items():
        print(f"{name:11} min {min(values):6.2f}  p50 {median(values):6.2f}  p95 {sorted(values)[int(len(values) * 0.95)]:6.2f} ms")


if __name__ == "__main__":
    main()
