"""Benchmark P11: what the handler of a 5 MB upload holds in memory, beside what it holds for a small picture.

    python benchmarks/upload/run.py

Prints a table and writes benchmarks/results/upload.json. The body comes from a file, piece by piece, as it would from a socket.
The database is SQLite, the storage local, and no queue is there.
"""

from __future__ import annotations

import hashlib
import tempfile
import tracemalloc
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask, request
from PIL import Image
from werkzeug.test import create_environ, run_wsgi_app

from aizen.adapters import open_adapters
from aizen.app import create_app
from aizen.migrating import upgrade
from aizen.settings import Settings
from benchmarks.recording import at_most, beside, record

ROOT = Path(__file__).resolve().parents[2]
BOUNDARY = "aizen-benchmark"
ROUNDS = 5
# Squares of grey noise: nothing can compress them, so a pixel is a byte.
SIDES = {"50 kB": 224, "5 MB": 2236, "10 MB": 3162}
CONTENDERS = {
    "aizen": "POST /images whole: parsed, counted and hashed, checked in the child process, kept, recorded, answered",
    "read": "a Flask handler that calls read() on the file and hashes what it got, as tutorials have it",
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="aizen-benchmark-") as name:
        folder = Path(name)
        bodies = {size: _body(folder / f"{side}.body", side) for size, side in SIDES.items()}
        app, headers, close = _aizen(folder)
        try:
            ours = _measured(app, "/api/v1/images", bodies, headers, expected=201)
        finally:
            close()
        theirs = _measured(_reading(), "/images", bodies, {}, expected=200)
    middle = {size: median(values) for size, values in ours.items()}
    rows = [
        at_most(512, "P11", "handler, peak of 5 MB above that of 50 kB, KiB (pieces are of 64)", measured=middle["5 MB"] - middle["50 kB"]),
        at_most(64, "P11", "handler, peak of 10 MB above that of 5 MB, KiB", measured=middle["10 MB"] - middle["5 MB"]),
        beside("P11", "a handler that calls read(), peak of 5 MB above that of 50 kB, KiB", measured=_growth(theirs)),
    ]
    record("upload", rows, contenders=CONTENDERS, figures={"aizen": ours, "read": theirs})


def _growth(peaks: dict[str, list[float]]) -> float:
    return median(peaks["5 MB"]) - median(peaks["50 kB"])


def _body(path: Path, side: int) -> Path:
    """A multipart body with one picture of ``side`` x ``side`` bytes."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="noise.png"\r\nContent-Type: image/png\r\n\r\n'
    with path.open("wb") as file:
        file.write(head.encode())
        Image.effect_noise((side, side), 64).save(file, "PNG", compress_level=0)
        file.write(f"\r\n--{BOUNDARY}--\r\n".encode())
    return path


def _aizen(folder: Path) -> tuple[Flask, dict[str, str], Callable[[], None]]:
    """The application with somebody signed in, their header, and what ends its child process."""
    settings = Settings(
        secret_key=uuid.uuid4().hex + uuid.uuid4().hex, data_dir=folder / "data", redis_url="redis://127.0.0.1:1", log_level="ERROR"
    )
    settings.data_dir.mkdir()
    adapters = open_adapters(settings)
    app = create_app(settings, adapters)
    with app.app_context():
        upgrade()
    body = {"email": "ada@example.org", "password": "a quiet river at nine"}
    answer: Any = app.test_client().post("/api/v1/auth/register", json=body)
    return app, {"Authorization": f"Bearer {answer.json['tokens']['access']}"}, adapters.close


def _reading() -> Flask:
    app = Flask("peer")

    @app.post("/images")
    def upload() -> dict[str, Any]:
        content = request.files["image"].read()
        return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    return app


def _measured(app: Flask, path: str, bodies: dict[str, Path], headers: dict[str, str], *, expected: int) -> dict[str, list[float]]:
    """The peaks of Python's memory in KiB for each size of body, taking turns, after one upload of each that is not counted."""
    peaks: dict[str, list[float]] = {size: [] for size in bodies}
    for counted in [False] + [True] * ROUNDS:
        for size, body in bodies.items():
            peak = _peak_kib(app, path, body, headers, expected=expected)
            if counted:
                peaks[size].append(round(peak, 1))
    return peaks


def _peak_kib(app: Flask, path: str, body: Path, headers: dict[str, str], *, expected: int) -> float:
    with body.open("rb", buffering=0) as stream:
        environ = create_environ(
            path,
            method="POST",
            headers=headers,
            input_stream=stream,
            content_length=body.stat().st_size,
            content_type=f"multipart/form-data; boundary={BOUNDARY}",
        )
        tracemalloc.start()
        try:
            answer, status, _headers = run_wsgi_app(app, environ, buffered=True)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    if int(status.split()[0]) != expected:
        raise RuntimeError(f"{status}: {b''.join(answer)!r}")
    return peak / 1024


if __name__ == "__main__":
    main()
