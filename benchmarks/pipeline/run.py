"""Benchmark P10: from the upload of a 24 megapixel photograph until all its variants are ready, against one RQ job for each variant.

    python benchmarks/pipeline/run.py [--rounds 7]

Prints a table and writes benchmarks/results/pipeline.json. The product runs whole, with PostgreSQL,
Valkey and files on disk.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from redis import Redis
from rq import Queue

from benchmarks.photographs import sources
from benchmarks.processes import cpu_seconds
from benchmarks.recording import at_most, beside, record
from tests.services.postgres import Postgres
from tests.services.process import end, spawn
from tests.services.valkey import Valkey

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAMS = Path(sys.executable).parent
WIDTHS = (160, 320, 640, 1280, 1920)
FORMATS = {"webp": "WEBP", "jpeg": "JPEG"}
LONGEST_WAIT_SECONDS = 120
# What a worker and a web server may need to be idle again.
REST_SECONDS = 0.5
BOUNDARY = "aizen-benchmark"
CONTENDERS = {
    "aizen": "the product: POST /images through gunicorn (checked, hashed, kept, recorded), one job makes the 10 variants and 3 levels for "
    "later, thumbhash and colours; CPU of web server, worker and clock with all their children",
    "naive": "10 RQ jobs, default `rq worker`: each imports Pillow in its child, decodes the original, resizes once, writes a file; "
    "CPU of the worker and its children alone: no upload, no check, no database",
}

Process = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Use:
    """What one image took: CPU seconds, by process and in all, and seconds until all was ready."""

    cpu_seconds: float
    seconds: float
    by_process: dict[str, float]


@dataclass(frozen=True)
class Contender:
    """``run`` returns when one image is ready; ``processes`` are those that worked on it."""

    run: Callable[[], None]
    processes: dict[str, Process]

    def use(self) -> Use:
        before = {name: cpu_seconds(process.pid) for name, process in self.processes.items()}
        started = time.monotonic()
        self.run()
        seconds = time.monotonic() - started
        time.sleep(REST_SECONDS)
        by_process = {name: round(cpu_seconds(process.pid) - before[name], 3) for name, process in self.processes.items()}
        return Use(round(sum(by_process.values()), 3), round(seconds, 3), by_process)


def main() -> None:
    rounds = _arguments().rounds
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aizen-benchmark-")))
        source = sources(folder)["baseline"]
        server = stack.enter_context(Valkey(port=0))
        addresses = [f"{server.url.rpartition('/')[0]}/{number}" for number in range(2)]
        contenders = {
            "aizen": stack.enter_context(_aizen(source, addresses[0], folder)),
            "naive": stack.enter_context(_naive(source, addresses[1], folder)),
        }
        for each in contenders.values():
            each.use()
        used: dict[str, list[Use]] = {name: [] for name in contenders}
        # They take turns, so that what else the machine does falls on both.
        for _ in range(rounds):
            for name, each in contenders.items():
                used[name].append(each.use())
    _record(used)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Upload to all variants ready, against one RQ job for each variant")
    parser.add_argument("--rounds", type=int, default=7, help="images of each contender, taking turns, after one that is not counted")
    return parser.parse_args()


@contextmanager
def _aizen(source: Path, redis_url: str, folder: Path) -> Iterator[Contender]:
    with Postgres.from_environ() as postgres:
        port = _free_port()
        environment = {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.defpath}",
            "HOME": str(folder),
            "SECRET_KEY": uuid.uuid4().hex + uuid.uuid4().hex,
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": postgres.create_database("aizen_benchmark_pipeline"),
            "REDIS_URL": redis_url,
            "PORT": str(port),
            "WEB_PROCESSES": "1",
            "LOG_LEVEL": "WARNING",
        }
        subprocess.run([PROGRAMS / "flask", "--app", "wsgi", "db", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
        commands: dict[str, Sequence[str | Path]] = {
            "web": [PROGRAMS / "gunicorn", "wsgi:app"],
            "worker": [sys.executable, ROOT / "rq_worker.py"],
            "clock": [PROGRAMS / "flask", "--app", "wsgi", "clock"],
        }
        with ExitStack() as stack:
            running = {name: stack.enter_context(_running(name, each, environment, folder)) for name, each in commands.items()}
            client = _Client(f"http://127.0.0.1:{port}")
            client.sign_up()
            yield Contender(lambda: client.upload(source), running)


@contextmanager
def _naive(source: Path, redis_url: str, folder: Path) -> Iterator[Contender]:
    target = folder / "naive"
    target.mkdir()
    environment = {"PATH": os.defpath, "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    command: Sequence[str | Path] = [PROGRAMS / "rq", "worker", "--url", redis_url, "--quiet"]
    with _running("naive", command, environment, folder) as worker, Redis.from_url(redis_url) as connection:
        queue = Queue(connection=connection)

        def run() -> None:
            jobs = [
                queue.enqueue("benchmarks.pipeline.naive_job.make", str(source), str(target / f"{width}.{name}"), width, pillow)
                for width in WIDTHS
                for name, pillow in FORMATS.items()
            ]
            _until(lambda: all(job.get_status() == "finished" for job in jobs), "the ten jobs are finished")

        yield Contender(run, {"worker": worker})


@contextmanager
def _running(name: str, command: Sequence[str | Path], environment: dict[str, str], folder: Path) -> Iterator[Process]:
    log = folder / f"{name}.log"
    process = spawn(command, dies_by=signal.SIGKILL, log=log, folder=ROOT, environment=environment)
    try:
        yield process
    except Exception:
        print(log.read_text(encoding="utf-8", errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        end(process, by=signal.SIGTERM)


class _Client:
    """Somebody who uploads and waits, as the API's documentation has it."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._headers: dict[str, str] = {}

    def sign_up(self) -> None:
        """Signed in, as soon as the server answers."""
        _until(self._answers, "the web server answers")
        body = json.dumps({"email": "ada@example.org", "password": "a quiet river at nine"}).encode()
        answer = self._ask("/api/v1/auth/register", body, "application/json")
        self._headers["Authorization"] = f"Bearer {answer['tokens']['access']}"

    def upload(self, source: Path) -> None:
        """The image and its ten variants are ready."""
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="describe"\r\n\r\nfalse\r\n'.encode(),
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n\r\n'.encode(),
            source.read_bytes(),
            f"\r\n--{BOUNDARY}--\r\n".encode(),
        ]
        made = self._ask("/api/v1/images", b"".join(parts), f"multipart/form-data; boundary={BOUNDARY}")
        path = f"/api/v1/images/{made['id']}"
        _until(lambda: self._ask(f"{path}/status")["status"] not in ("processing", "generating"), "the image is ready")
        image = self._ask(path)
        if image["status"] != "ready" or len(image["variants"]) != len(WIDTHS) * len(FORMATS):
            raise RuntimeError(f"{image['status']}, {len(image['variants'])} variants")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._base}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False

    def _ask(self, path: str, body: bytes | None = None, media_type: str = "") -> dict[str, Any]:
        # A status request is held until the work is done; other requests know nothing of it.
        headers = {**self._headers, "Prefer": "wait=10", **({"Content-Type": media_type} if body else {})}
        request = urllib.request.Request(self._base + path, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=LONGEST_WAIT_SECONDS) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


def _until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {LONGEST_WAIT_SECONDS} s: {what}")
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _record(used: dict[str, list[Use]]) -> None:
    ratios = [ours.cpu_seconds / theirs.cpu_seconds for ours, theirs in zip(used["aizen"], used["naive"], strict=True)]
    rows = [
        at_most(0.15, "P10", "upload → all variants ready, 24 MP: CPU ÷ one RQ job for each variant", measured=median(ratios)),
        beside("P10", "the same, lowest of the rounds", measured=min(ratios)),
        beside("P10", "the same, highest of the rounds", measured=max(ratios)),
    ]
    workers = median(ours.by_process["worker"] / theirs.cpu_seconds for ours, theirs in zip(used["aizen"], used["naive"], strict=True))
    rows.append(beside("P10", "the worker's part ÷ one RQ job for each variant, which has no web server", measured=workers))
    for name, uses in used.items():
        rows += [
            beside("P10", f"CPU of an image, s: {name}", measured=median(use.cpu_seconds for use in uses)),
            beside("P10", f"upload or enqueue → ready, s: {name}", measured=median(use.seconds for use in uses)),
        ]
    for part in ("web", "worker", "clock"):
        rows.append(
            beside("P10", f"CPU of an image, s: aizen, of which {part}", measured=median(use.by_process[part] for use in used["aizen"]))
        )
    figures = {name: [vars(use) for use in uses] for name, uses in used.items()}
    record("pipeline", rows, contenders=CONTENDERS, figures=figures)


if __name__ == "__main__":
    main()
