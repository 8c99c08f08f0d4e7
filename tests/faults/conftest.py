"""One installation that most fault tests share, on servers that they may stop; each test leaves it mended."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.client import User
from tests.faults.installation import FLASK, Build, Installation, base_environment
from tests.faults.parts import REPOSITORY
from tests.services.postgres import Postgres
from tests.services.valkey import Valkey


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # These go first, among themselves in whatever order they have. So their servers and installations end when the last of them has, and do
    # not tick beside all other tests; and of several test processes one alone starts them.
    here = str(Path(__file__).parent)
    items.sort(key=lambda item: not str(item.path).startswith(here))
    if sys.platform != "linux":
        skip = pytest.mark.skip(reason="processes are watched through /proc: nothing of tests/faults is checked outside Linux")
        for item in items:
            if str(item.path).startswith(here):
                item.add_marker(skip)


@pytest.fixture(scope="package")
def servers_folder() -> Iterator[Path]:
    """A folder for all installations."""
    folder = Path(tempfile.mkdtemp(prefix="aizen-faults-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def database() -> Iterator[Postgres]:
    """A server of the fault tests' own: they stop it, and whoever else uses the tests' server should not notice."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope="package")
def template(database: Postgres, servers_folder: Path) -> str:
    """The name of a migrated database; a copy of it is there at once, a migration takes seconds."""
    name = "aizen_template"
    environment = {
        **base_environment(),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATA_DIR": str(servers_folder / "template"),
        "DATABASE_URL": database.create_database(name),
    }
    subprocess.run([*FLASK, "db", "upgrade"], cwd=REPOSITORY, env=environment, check=True, capture_output=True)
    return name


@pytest.fixture(scope="package")
def valkey_of_faults() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture(scope="package")
def build(database: Postgres, template: str, servers_folder: Path) -> Build:
    """An installation that is not started, on a migrated database of its own: ``build(valkey, web=…, changes=…)``."""

    def make(valkey: Valkey, **how: object) -> Installation:
        folder = Path(tempfile.mkdtemp(dir=servers_folder))
        url = database.create_database(f"aizen_{folder.name}", template=template)
        return Installation(folder, database_url=url, redis_url=valkey.url, **how)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="package")
def shared_installation(build: Build, valkey_of_faults: Valkey) -> Iterator[Installation]:
    with build(valkey_of_faults) as running:
        yield running


@pytest.fixture
def installation(shared_installation: Installation) -> Iterator[Installation]:
    """The installation that the tests share; it is whole again after each.

    Between them its clock stands still: with its short times it would tick, at a tenth of a processor, beside every test that has others.
    """
    for clock in shared_installation.clocks:
        clock.resume()
    yield shared_installation
    shared_installation.mend()
    for clock in shared_installation.clocks:
        clock.pause()


@pytest.fixture
def valkey(valkey_of_faults: Valkey) -> Valkey:
    """The queue of the shared installation."""
    return valkey_of_faults


@pytest.fixture
def user(installation: Installation) -> User:
    return installation.register()
