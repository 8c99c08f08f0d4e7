"""A whole installation as real processes: web server, workers and clock, on a database, a queue and a storage of its own.

Its times are short, so that what takes minutes in earnest takes seconds here: a lease lasts 2.5 s, an unfinished upload is removed after 3.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
import requests

from aizen.app import create_app
from aizen.database import db
from aizen.delivery import address
from aizen.environment import ALIASES
from aizen.settings import Settings
from aizen.storage import Storage, open_storage
from tests.faults.client import User, register
from tests.faults.gates import FOLDER_VARIABLE, Gates
from tests.faults.parts import REPOSITORY, Part, family_of, open_files_of
from tests.faults.waiting import eventually
from tests.services.s3 import S3Server

PROGRAMS = Path(sys.executable).parent
FLASK = (str(PROGRAMS / "flask"), "--app", "wsgi")
WORKER = (sys.executable, "rq_worker.py")
SLOW_WORKER = (sys.executable, "-m", "tests.faults.slow_worker")
CLOCK = (*FLASK, "clock")
SLOW_WEB = "tests.faults.slow_web:app"
SECRET = "x9Qp2Lk7Vw4Zs8Td1Rf6Yb3Nm5Hc0Jg-tests-only"

SHORT_TIMES = {
    "CLOCK_SECONDS": "0.2",
    "HINT_SECONDS": "1",
    "JOB_SECONDS": "2",
    "LEASE_MARGIN_SECONDS": "0.5",
    "JOB_RETRY_SECONDS": "0.1",
    "JOB_ATTEMPTS": "3",
    "REMOVAL_GRACE_SECONDS": "3",
    "REMOVAL_MARGIN_SECONDS": "0.5",
    "DATABASE_CONNECT_SECONDS": "2",
    "DATABASE_POOL_SECONDS": "1",
    "DATABASE_STATEMENT_SECONDS": "2",
    "NETWORK_CONNECT_SECONDS": "1",
    "NETWORK_READ_SECONDS": "1",
}
NO_LIMITS = {
    f"RATE_LIMIT_{name}": "100000 per hour" for name in ("REGISTER", "LOGIN", "ACCOUNT", "REFRESH", "UPLOAD", "EMAIL", "EMAIL_ADDRESS")
}


class Service(Protocol):
    """A database, queue or storage server, as the launchers of ``tests.services`` are."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


@contextmanager
def stopped(service: Service) -> Iterator[None]:
    """The service does not run inside the block."""
    service.stop()
    try:
        yield
    finally:
        service.start()


class Pausable(Protocol):
    def pause(self) -> None: ...
    def resume(self) -> None: ...


@contextmanager
def paused(service: Pausable) -> Iterator[None]:
    """The service hangs inside the block: it accepts connections and answers nothing."""
    service.pause()
    try:
        yield
    finally:
        service.resume()


def free_port() -> int:
    """A port that nobody listens on, outside the range from which outgoing connections take theirs: it stays free across a restart."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def base_environment() -> dict[str, str]:
    """This process's environment without anything that Aizen or these tests would read.

    Nor does it forbid Python to keep what it has compiled: some hundred processes would compile all of Aizen each.
    """
    settings = {row[0] for row in Settings.table()} | set(ALIASES) | {"PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in settings and not name.startswith(("TEST_", "PYTEST_"))}


def on_s3(server: S3Server, *, endpoint: str | None = None) -> dict[str, str]:
    """The settings of an installation that keeps its objects in the server's bucket, reached at ``endpoint``."""
    return {
        "STORAGE": "s3",
        "S3_BUCKET_NAME": server.bucket,
        "S3_REGION": server.region,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
        "AWS_S3_ENDPOINT_URL": endpoint or server.endpoint,
        "S3_ADDRESSING_STYLE": "path",
    }


class Installation:
    """Real processes below a folder. Its database is migrated; ``start`` it, and use it over HTTP."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str,
        redis_url: str,
        changes: Mapping[str, str] | None = None,
        web: str = "wsgi:app",
        workers: int = 1,
        clocks: int = 1,
    ) -> None:
        self.folder = folder
        self.database_url = database_url
        self.port = free_port()
        self.temporary = folder / "tmp"
        gates = folder / "gates"
        for made in (folder / "data", self.temporary, gates):
            made.mkdir(parents=True, exist_ok=True)
        self.gates = Gates(gates)
        self.environment = {
            **base_environment(),
            **SHORT_TIMES,
            **NO_LIMITS,
            "AIZEN_ENV": "development",
            "SECRET_KEY": SECRET,
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "STORAGE": "local",
            "AI_DESCRIBERS": "offline",
            # So that no letter stands among the pieces of work that a test counts.
            "EMAIL_VERIFICATION": "off",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "WEB_PROCESSES": "1",
            "TMPDIR": str(self.temporary),
            FOLDER_VARIABLE: str(gates),
            **(changes or {}),
        }
        self.web = self.part("web", (str(PROGRAMS / "gunicorn"), web))
        self.workers = [self.part(f"worker-{number}", SLOW_WORKER) for number in range(1, workers + 1)]
        self.clocks = [self.part(f"clock-{number}", CLOCK) for number in range(1, clocks + 1)]

    def part(self, name: str, command: Sequence[str]) -> Part:
        return Part(name, command, environment=self.environment, log=self.folder / f"{name}.log")

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def media(self) -> Path:
        """The folder of the local storage."""
        return Path(self.environment.get("MEDIA_ROOT") or self.folder / "data" / "media")

    @property
    def storage(self) -> Storage:
        """The test's own look into the storage."""
        return open_storage(Settings.from_environ(self.environment))

    @property
    def worker(self) -> Part:
        return self.workers[0]

    @property
    def parts(self) -> list[Part]:
        return [self.web, *self.workers, *self.clocks]

    def __enter__(self) -> Installation:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()

    def start(self) -> None:
        """Every part runs, and the web server could take an upload."""
        for part in self.parts:
            part.start()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        eventually(lambda: self.readiness() == 200, what="the installation is ready", seconds=60, story=self.story)

    def readiness(self) -> int | None:
        """The status that /readyz answers with, or None while nobody answers."""
        try:
            return requests.get(f"{self.base_url}/readyz", timeout=10).status_code
        except requests.RequestException:
            return None

    def mend(self) -> None:
        """Every gate is open and every part runs, whatever a test has done to them."""
        self.gates.open_all()
        self.start()

    def end(self) -> None:
        """No process of it is left."""
        for part in self.parts:
            part.kill_family()

    def register(self) -> User:
        return register(self.base_url)

    def flask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What a command of the operator says."""
        return subprocess.run(
            [*FLASK, *words], cwd=REPOSITORY, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database answers to a statement."""
        if self.database_url.startswith("sqlite"):
            with closing(sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=15)) as connection, connection:
                return list(connection.execute(statement))
        with psycopg.connect(self.database_url, connect_timeout=5) as server:
            cursor = server.execute(statement.encode())
            return list(cursor.fetchall()) if cursor.description else []

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def signed_path(self, image_id: str, recipe: str, *, form: str | None = "webp", **more: Any) -> str:
        """The path of a signed address of an image without a focal point, with whatever ``address.write`` takes."""
        # SQLite keeps ids without their dashes.
        ((digest,),) = self.rows(f"SELECT sha256 FROM images WHERE id IN ('{image_id}', '{image_id.replace('-', '')}')")
        version = hashlib.sha256(f"{digest}|".encode()).hexdigest()[:8]
        key = Settings.from_environ(self.environment).signing_keys[0]
        return address.write(recipe, uuid.UUID(image_id), version, key=key, form=form, **more)

    def files(self) -> list[str]:
        """Every file in the folder of the local storage, half-written ones too."""
        return sorted(str(file.relative_to(self.media)) for file in self.media.rglob("*") if file.is_file())

    @contextmanager
    def logs(self, part: Part, event: str) -> Iterator[None]:
        """By the end of the block the part has logged the event; that is waited for."""
        already = part.log.stat().st_size
        yield
        eventually(lambda: event.encode() in part.log.read_bytes()[already:], what=f"{part.name} logs {event!r}", story=self.story)

    def open_temporary_files(self) -> list[str]:
        """The files, nameless ones too, that its processes hold open below the folder for temporary files."""
        processes = [member for part in self.parts for member in family_of(part.pid)]
        return [name for pid in processes for name in open_files_of(pid) if name.startswith(f"{self.temporary}/")]

    def assert_no_temporary_files(self) -> None:
        eventually(lambda: not self.open_temporary_files(), what="no temporary file is open", story=self.story)
        assert list(self.temporary.iterdir()) == []

    def wait_until_settled(self, *, seconds: float = 30.0) -> None:
        """No work is under way, and every removal has been carried out."""
        eventually(self._is_settled, what="all work and all removals are done", seconds=seconds, story=self.story)

    def _is_settled(self) -> bool:
        open_work = self.rows("SELECT count(*) FROM work_items WHERE state IN ('waiting', 'pending', 'working')")[0][0]
        return open_work == 0 and self.count("object_removals") == 0

    def report(self) -> dict[str, Any]:
        """What ``flask doctor`` finds."""
        # The command itself, in this process: an interpreter of its own would start for longer than it looks.
        app = create_app(Settings.from_environ(self.environment))
        said = app.test_cli_runner().invoke(args=["doctor", "--checksums", "--json"])
        with app.app_context():
            db.engine.dispose()
        assert said.exit_code in (0, 1), said.stderr
        report = dict(json.loads(said.stdout))
        assert (said.exit_code == 0) == report["is_clean"]
        return report

    def assert_exact(self) -> None:
        """All work and all removals came to their end, and the storage holds the objects that rows own and no other."""
        self.wait_until_settled()
        owned = [row[0] for row in self.rows("SELECT key FROM images UNION ALL SELECT key FROM variants")]
        assert sorted(each.key for each in self.storage.objects()) == sorted(owned), self.story()

    def assert_clean(self) -> None:
        """As ``assert_exact``, and ``flask doctor`` finds nothing wrong: no checksum, no variant, no piece of work."""
        self.assert_exact()
        report = self.report()
        assert report["is_clean"], f"{json.dumps(report, indent=2)}\n{self.story()}"
        assert report["objects"] == self.count("images") + self.count("variants")

    def story(self) -> str:
        """The ends of all logs, and the rows of work and removals."""
        tables = []
        for table in ("work_items", "object_removals"):
            try:
                tables.append(f"--- {table} ---\n" + "\n".join(map(str, self.rows(f"SELECT * FROM {table}"))))
            except (psycopg.Error, sqlite3.Error) as error:
                tables.append(f"--- {table}: {error}")
        return "\n".join([*(part.story() for part in self.parts), *tables])


Build = Callable[..., Installation]
