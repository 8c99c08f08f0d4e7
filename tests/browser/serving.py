"""An installation as `make run` starts it: what a person opens in the browser."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from aizen.queue import last_heartbeat
from aizen.settings import EMBEDDED_QUEUE_SOCKET
from tests.faults.client import PASSWORD, User
from tests.faults.installation import NO_LIMITS, base_environment, free_port
from tests.services.process import end, spawn, wait_until

ROOT = Path(__file__).resolve().parents[2]
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")


@dataclass(frozen=True)
class Served:
    """It runs at ``address``; what it said at its start stands in ``log``."""

    address: str
    log: Path
    environment: Mapping[str, str]

    @property
    def setup_address(self) -> str:
        """The one-time link of the start message."""
        found = re.search(r"http\S+/setup#token=\w+", self.log.read_text(encoding="utf-8"))
        assert found is not None
        return found[0]

    def join(self, name: str) -> User:
        """A user of that name, by the API."""
        email = f"{name}@example.org"
        answer = self._post("register", {"email": email, "username": name, "password": PASSWORD}, status=201)
        return User(self.address, email, answer["tokens"]["access"])

    def administrator(self, name: str | None = None) -> User:
        """An administrator that nobody else has seen."""
        user = self.join(name or f"admin{uuid.uuid4().hex[:8]}")
        # Who gets the role is signed out everywhere.
        self.flask("create-admin", "--existing", "--email", user.email)
        return User(self.address, user.email, self._post("login", {"email": user.email, "password": PASSWORD})["access"])

    def _post(self, path: str, body: dict[str, str], *, status: int = 200) -> dict[str, Any]:
        answer = requests.post(f"{self.address}/api/v1/auth/{path}", json=body, timeout=30)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    def fail_work_on(self, image_id: str) -> None:
        """The image's variants look as if making them had failed for good."""
        with closing(sqlite3.connect(Path(self.environment["DATA_DIR"]) / "aizen.sqlite3", timeout=15)) as rows, rows:
            rows.execute(
                "UPDATE work_items SET state = 'failed', error_code = 'drill', error_detail = 'A drill.' WHERE kind = 'variants'"
                " AND subject_id = ?",
                (uuid.UUID(image_id).hex,),
            )
            rows.execute("UPDATE images SET status = 'failed' WHERE id = ?", (uuid.UUID(image_id).hex,))

    def multiply(self, image_id: str, times: int) -> None:
        """The owner has so many copies of the image more, as if each had been uploaded: rows, and links to the files."""
        media = Path(self.environment["DATA_DIR"]) / "media"
        with closing(sqlite3.connect(Path(self.environment["DATA_DIR"]) / "aizen.sqlite3", timeout=15)) as rows, rows:
            rows.row_factory = sqlite3.Row
            (image,) = rows.execute("SELECT * FROM images WHERE id = ?", (uuid.UUID(image_id).hex,))
            variants = rows.execute("SELECT * FROM variants WHERE image_id = ?", (image["id"],)).fetchall()
            for number in range(times):
                copy = uuid.uuid4().hex
                # Of many shapes, so that the rows of the wall are too.
                width = 300 + number * 37 % 700
                _insert(rows, "images", image, id=copy, key=_linked(media, image["key"], copy), width=width, title=f"Copy {number}")
                for each in variants:
                    _insert(rows, "variants", each, id=uuid.uuid4().hex, image_id=copy, key=_linked(media, each["key"], copy))

    def flask(self, *words: str) -> str:
        """What a command of the operator says."""
        done = subprocess.run([*FLASK, *words], cwd=ROOT, env=dict(self.environment), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def served(folder: Path, **changes: str) -> Iterator[Served]:
    """It serves, and its worker waits for work. At the end no process of it is left, and all of them ended well."""
    port = free_port()
    folder.mkdir(parents=True)
    environment = {
        **base_environment(),
        **NO_LIMITS,
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "CLOCK_SECONDS": "0.5",
        **changes,
    }
    subprocess.run([*FLASK, "db", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
    log = folder / "run-all.log"
    process = spawn([*FLASK, "run-all"], dies_by=signal.SIGTERM, log=log, folder=ROOT, environment=environment)
    found = Served(f"http://localhost:{port}", log, environment)
    try:
        wait_until(lambda: _is_ready(found.address) and _has_worker(folder), process=process, log=log, seconds=60)
        yield found
    finally:
        end(process, by=signal.SIGTERM, seconds=30)
    assert process.returncode == 0, log.read_text(encoding="utf-8")


def _is_ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def _has_worker(folder: Path) -> bool:
    return last_heartbeat(f"unix://{folder / EMBEDDED_QUEUE_SOCKET}", host=socket.gethostname(), seconds=5) is not None


def _insert(rows: sqlite3.Connection, table: str, row: sqlite3.Row, **changed: object) -> None:
    values = {**dict(row), **changed}
    names, marks = ", ".join(f'"{name}"' for name in values), ", ".join("?" * len(values))
    rows.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))


def _linked(media: Path, key: str, copy: str) -> str:
    """The key of one more name for the file at ``key``."""
    found = key.rsplit("/", 1)
    other = f"{found[0]}/{copy}-{found[1]}"
    (media / other).hardlink_to(media / key)
    return other
