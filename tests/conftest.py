"""What the tests stand on: real PostgreSQL, Valkey and S3; one application for each backend, emptied after each test."""

from __future__ import annotations

import gc
import os
import pkgutil
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import import_module
from itertools import compress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

import aizen
from aizen.adapters import Adapters, child_renderer, image_limits
from aizen.app import SWEEPS, create_app
from aizen.auth import passwords, sessions
from aizen.auth.models import User
from aizen.database import Base, db, new_id, transaction, utc_now
from aizen.imaging import Decoder, Renderer
from aizen.imaging.decoder import ChildDecoder
from aizen.migrating import upgrade
from aizen.settings import Settings
from aizen.storage import open_storage
from aizen.web import adapters as adapters_of_app
from aizen.web import frontend
from aizen.web.limits import POLICIES
from aizen.work import clock, jobs
from tests.fakes import NOWHERE, HintList, LetterBox, ScriptedDescriber, ScriptedPainter
from tests.services.postgres import Postgres
from tests.services.s3 import S3Server
from tests.services.valkey import Valkey

SECRET = "x9Qp2Lk7Vw4Zs8Td1Rf6Yb3Nm5Hc0Jg-tests-only"
BACKENDS = ("postgresql-local", "sqlite-local", "postgresql-s3")
# Where the code has a branch for each database and each storage.
MEASURED_ON_EVERY_BACKEND = ("storage", "database")
PASSWORD = "quiet lake at dawn"
# Where the test client's requests come from.
HERE = sessions.origin_of("Werkzeug", "127.0.0.1")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Some thousand tests are collected, in each process, in half the time: untraced, and without a look for garbage that there is not."""
    # What is defined in a module is measured as it is imported: here, for what no test has imported yet.
    for module in pkgutil.walk_packages(aizen.__path__, "aizen."):
        import_module(module.name)
    gc.disable()
    try:
        with untraced():
            return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage is measured in the first case of each test alone: tracing takes a third of the time of what it measures.

    The further cases prove more than the first one, and run through the same lines but for a few; so the figure errs on the low side.
    """
    seen = set()
    for item in items:
        test, _, case = item.nodeid.partition("[")
        on_each = item.path.parent.name in MEASURED_ON_EVERY_BACKEND
        kind = test, next((each for each in BACKENDS if each in case), "") if on_each else ""
        if kind in seen:
            item.add_marker("unmeasured")
        seen.add(kind)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """What is not to be measured is not traced, nor while it is set up and torn down."""
    with untraced() if item.get_closest_marker("unmeasured") else nullcontext():
        return (yield)


@contextmanager
def untraced() -> Iterator[None]:
    """Nothing inside is measured, in this thread and in those that it starts.

    By Python's own switches: in the processes of pytest-xdist two collectors of coverage are at work, and pytest-cov pauses one of them.
    """
    here, elsewhere = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(elsewhere)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What has been imported and collected stays to the end of the run: no garbage collection need look at it again."""
    gc.collect()
    gc.freeze()
    # The collector's own pace is that of a small program: here it takes one second of twenty.
    gc.set_threshold(20_000, 20, 20)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker
        chosen = BACKENDS if marked("every_backend") else BACKENDS[:2] if marked("every_database") else BACKENDS[:1]
        metafunc.parametrize("backend", chosen, indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres.from_environ() as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    with Valkey.from_environ() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    with S3Server.from_environ() as server:
        yield server


@pytest.fixture(scope="session")
def session_folder() -> Iterator[Path]:
    """A folder for the whole run; its path is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="aizen-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Backend:
    """An application on one database and one storage, with its scripted outside."""

    name: str
    app: Flask
    settings: Settings
    adapters: Adapters
    queue: HintList
    describer: ScriptedDescriber
    painter: ScriptedPainter
    mailer: LetterBox

    def empty(self) -> None:
        """No row, object, hint or script is left."""
        with self.app.app_context():
            with db.engine.begin() as connection:
                # Most are empty: one question about all of them costs less than a statement for each.
                for table in compress(_tables(), connection.exec_driver_sql(_which_tables_have_rows()).one()):
                    connection.exec_driver_sql(f'DELETE FROM "{table}"')
            for stored in list(self.adapters.storage.objects()):
                self.adapters.storage.delete(stored.key)
        self.queue.hints.clear()
        self.queue.timeouts.clear()
        self.queue.slow.clear()
        self.queue.is_down = False
        self.describer.forget()
        self.painter.forget()
        self.mailer.forget()


@cache
def _tables() -> list[str]:
    """Their names; a table stands before those that it refers to."""
    return [table.name for table in reversed(Base.metadata.sorted_tables)]


@cache
def _which_tables_have_rows() -> str:
    # As plain text: SQLAlchemy would put it together after each of some thousand tests.
    return "SELECT " + ", ".join(f'EXISTS (SELECT 1 FROM "{table}")' for table in _tables())


@pytest.fixture(scope="session")
def decoder() -> Iterator[Decoder]:
    """One decoding child for the whole run: starting one takes longer than most tests."""
    child = ChildDecoder(image_limits(Settings(secret_key=SECRET)))
    yield child
    child.close()


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """One rendering child for the whole run, started by the first rendering."""
    child = child_renderer(Settings(secret_key=SECRET))
    yield child
    child.close()


def settings_for(name: str, folder: Path, request: pytest.FixtureRequest) -> Settings:
    """The settings of a backend by name; a service is started when it is first asked for."""
    changes: dict[str, Any] = {}
    if name.startswith("postgresql"):
        server: Postgres = request.getfixturevalue("postgres")
        changes["database_url"] = server.create_database(f"aizen_{name.replace('-', '_')}_{os.getpid()}")
    if name.endswith("s3"):
        bucket: S3Server = request.getfixturevalue("s3_server")
        changes |= {
            "storage": "s3",
            "s3_bucket_name": bucket.bucket,
            "s3_region": "us-east-1",
            "aws_access_key_id": bucket.access_key,
            "aws_secret_access_key": bucket.secret_key,
            "aws_s3_endpoint_url": bucket.endpoint,
            "s3_addressing_style": "path",
        }
    for policy in POLICIES:
        changes[f"rate_limit_{policy}"] = "100000 per hour"
    # So that a test of images counts no letters among the pieces of work: tests of letters ask for them.
    changes["email_verification"] = "off"
    data_dir = folder / name
    data_dir.mkdir(exist_ok=True)
    return Settings(secret_key=SECRET, data_dir=data_dir, log_level="WARNING", redis_seconds=0.05, **changes)


@pytest.fixture(scope="session")
def _backend(
    request: pytest.FixtureRequest, session_folder: Path, decoder: Decoder, renderer: Renderer
) -> Iterator[Callable[[str], Backend]]:
    made: dict[str, Backend] = {}

    def make(name: str) -> Backend:
        if name not in made:
            settings = settings_for(name, session_folder, request)
            queue, describer, painter, mailer = HintList(), ScriptedDescriber(), ScriptedPainter(), LetterBox()
            storage = open_storage(settings)
            adapters = Adapters(settings, storage, queue, decoder, renderer, (describer,), mailer, NOWHERE, (painter,))
            app = create_app(settings, adapters)
            with app.app_context():
                upgrade()
            made[name] = Backend(name, app, settings, adapters, queue, describer, painter, mailer)
        return made[name]

    yield make
    for each in made.values():
        _let_go(each.app)


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def backend(request: pytest.FixtureRequest, _backend: Callable[[str], Backend]) -> Iterator[Backend]:
    found = _backend(getattr(request, "param", BACKENDS[0]))
    yield found
    found.empty()


@pytest.fixture
def app(backend: Backend) -> Flask:
    return backend.app


@pytest.fixture
def settings(backend: Backend) -> Settings:
    return backend.settings


@pytest.fixture
def describer(backend: Backend) -> ScriptedDescriber:
    return backend.describer


@pytest.fixture
def painter(backend: Backend) -> ScriptedPainter:
    return backend.painter


@pytest.fixture
def mailer(backend: Backend) -> LetterBox:
    return backend.mailer


@pytest.fixture
def queue(backend: Backend) -> HintList:
    return backend.queue


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def make_app(backend: Backend) -> Iterator[Callable[..., Flask]]:
    """An application on the same database and storage with other settings."""
    made: list[Flask] = []

    def make(*, page: Path = frontend.STATIC, **changes: Any) -> Flask:
        settings = replace(backend.settings, **changes)
        # The application of the backend has been made by the same lines, at twice the time.
        with untraced():
            made.append(create_app(settings, replace(backend.adapters, settings=settings), page=page))
        return made[-1]

    yield make
    for each in made:
        _let_go(each)


@pytest.fixture
def work(app: Flask, queue: HintList) -> Callable[[], int]:
    """Does what a worker would do with the hints so far, and with those that follow from them; answers how many there were."""

    def work_off() -> int:
        count = 0
        with app.app_context():
            while hints := queue.take():
                for hint in hints:
                    jobs.perform(hint)
                    count += 1
        return count

    return work_off


@pytest.fixture
def tick(app: Flask) -> Callable[[], clock.Tick]:
    """Lets the clock tick once."""

    def once() -> clock.Tick:
        with app.app_context():
            return clock.tick(adapters_of_app(), sweeps=SWEEPS)

    return once


@dataclass
class Person:
    """Somebody with an account, signed in."""

    id: str
    email: str
    username: str
    password: str
    access: str
    refresh: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}


class People:
    """The same people everywhere; each has an account from the first time on that a test names them.

    Their rows are written as registering writes them, without its route: a hash for each person would cost a fifth of the suite's time.
    """

    def __init__(self, client: FlaskClient) -> None:
        self._app = client.application
        self._known: dict[str, Person] = {}

    @property
    def owner(self) -> Person:
        return self.named("owner")

    @property
    def stranger(self) -> Person:
        return self.named("stranger")

    @property
    def admin(self) -> Person:
        """An administrator."""
        if "admin" not in self._known:
            self._known["admin"] = self.administrator("admin")
        return self._known["admin"]

    def administrator(self, name: str) -> Person:
        """Another one."""
        return self._joined(name, role="admin", email_verified_at=utc_now())

    def named(self, name: str) -> Person:
        if name not in self._known:
            self._known[name] = self._joined(name)
        return self._known[name]

    def _joined(self, name: str, *, role: str = "user", email_verified_at: datetime | None = None) -> Person:
        email, user_id, now = f"{name}@example.org", new_id(), utc_now()
        with self._app.app_context(), transaction():
            row = {
                "id": user_id,
                "email": email,
                "email_folded": email,
                "username": name,
                "username_folded": name,
                "password_hash": hash_of_password(),
                "first_name": "",
                "last_name": "",
                "role": role,
                "email_verified_at": email_verified_at,
                "created_at": now,
                "updated_at": now,
            }
            db.session.execute(sa.insert(User).values(row))
            pair = sessions.begin(user_id, origin=HERE, settings=adapters_of_app().settings)
        return Person(str(user_id), email, name, PASSWORD, pair.access, pair.refresh)


@cache
def hash_of_password() -> str:
    """A real hash of everybody's password."""
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def people(client: FlaskClient) -> People:
    return People(client)
