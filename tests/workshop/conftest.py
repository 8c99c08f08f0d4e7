"""The stack of docker-compose.yml, up and running."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installation import free_port
from tests.services.postgres import Postgres
from tests.workshop.stack import RCLONE, Stack

# The file .env of somebody who has read docs/deployment.md. The times are short, so that a stopped clock is noticed soon.
ENV_FILE = {
    "SECRET_KEY": "4f0c6f1d2b9a4e7786d5c3b2a190e8f7d6c5b4a3928170f6",
    "POSTGRES_PASSWORD": "7d1f0c2b4a596877",
    "OBJECT_STORE_PASSWORD": "b1946ac92492d2347c6235b4d2611184",
    "AI_DESCRIBERS": "offline",
    "CLOCK_SECONDS": "0.2",
    "REQUEST_SECONDS": "2",
    "WEB_PROCESSES": "1",
}


@pytest.fixture(scope="module")
def stack_folder() -> Iterator[Path]:
    """A folder that the users of the containers can reach."""
    folder = Path(tempfile.mkdtemp(prefix="aizen-stack-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def stack_database() -> Iterator[tuple[Postgres, int]]:
    """The PostgreSQL that the service db would be, with its database, and its port."""
    port = free_port()
    with Postgres(port=port) as server:
        server.create_database("aizen")
        yield server, port


@pytest.fixture(scope="module")
def stack(stack_folder: Path, stack_database: tuple[Postgres, int]) -> Iterator[Stack]:
    """Every service has been started in the order of its ``depends_on``; those that end have ended well, the others are healthy."""
    if sys.platform != "linux":
        pytest.skip("the commands of the containers are those of Linux: docker-compose.yml is not executed")
    if RCLONE is None:
        pytest.skip("no rclone wheel for this platform: docker-compose.yml is not executed")
    umask = os.umask(0o022)
    found = Stack(stack_folder, ENV_FILE, database_port=stack_database[1])
    try:
        for name in order_of(found):
            if found.services[name]["restart"] == "no":
                ended = found.run(name)
                assert ended.returncode == 0, f"{name}: {ended.stdout}{ended.stderr}"
            elif name != "db":
                found.start(name)
        yield found
    finally:
        found.end()
        os.umask(umask)


def order_of(stack: Stack) -> list[str]:
    """The names of the services, each after those that it depends on."""
    ordered: list[str] = []

    def add(name: str) -> None:
        for needed in stack.services[name].get("depends_on", {}):
            add(needed)
        if name not in ordered:
            ordered.append(name)

    for name in stack.services:
        add(name)
    return ordered
