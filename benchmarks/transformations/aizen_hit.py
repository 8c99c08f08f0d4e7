"""P7: a finished file as Aizen finds it, HITS times for each task: the recipe is read, its cache key computed, the rows looked up, the
file read whole. The picture of the first task's source is uploaded before that, and rendered once.

PostgreSQL is the tests' own server. Its CPU is not this process', nor is there a web server: each time has an application context of its
own, as a request would.
"""

from __future__ import annotations

import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from aizen.adapters import Adapters, open_adapters
from aizen.app import create_app
from aizen.migrating import upgrade
from aizen.settings import Settings
from aizen.transformations.planning import Wish
from aizen.transformations.recipe import read_url
from aizen.transformations.rendering import derive
from benchmarks.transformations.contender import HITS, Task, serve
from tests.services.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
RECIPE = "w=320,h=240/f=jpeg,q=80"


def main() -> None:
    with _hit(Path(sys.argv[1])) as hit:

        def job(_task: Task) -> int:
            return sum([hit() for _ in range(HITS)])

        serve(job)


@contextmanager
def _hit(picture: Path) -> Iterator[Callable[[], int]]:
    """Finds the file that has been made of ``picture``, and answers how many bytes it has."""
    with tempfile.TemporaryDirectory(prefix="aizen-benchmark-") as name, Postgres.from_environ() as postgres:
        settings = Settings(
            secret_key=uuid.uuid4().hex * 2,
            data_dir=Path(name),
            database_url=postgres.create_database("aizen_benchmark_transformations"),
            redis_url="redis://127.0.0.1:1",
            log_level="ERROR",
        )
        adapters = open_adapters(settings)
        try:
            app = create_app(settings, adapters)
            with app.app_context():
                upgrade()
            image_id, owner_id = _uploaded(app, picture)
            _derived(app, adapters, image_id, owner_id)
            yield lambda: _derived(app, adapters, image_id, owner_id, expected=True)
        finally:
            adapters.close()


def _uploaded(app: Flask, picture: Path) -> tuple[uuid.UUID, uuid.UUID]:
    """The ids of an image and of its owner."""
    client = app.test_client()
    account: Any = client.post("/api/v1/auth/register", json={"email": "ada@example.org", "password": "a quiet river at nine"})
    headers = {"Authorization": f"Bearer {account.json['tokens']['access']}"}
    owner: Any = client.get("/api/v1/user/info", headers=headers)
    with picture.open("rb") as file:
        image: Any = client.post("/api/v1/images", data={"image": (file, picture.name)}, headers=headers)
    return uuid.UUID(image.json["id"]), uuid.UUID(owner.json["id"])


def _derived(app: Flask, adapters: Adapters, image_id: uuid.UUID, owner_id: uuid.UUID, *, expected: bool = False) -> int:
    with app.app_context():
        made = derive(Wish(image_id=image_id, owner_id=owner_id, parsed=read_url(RECIPE, {})), adapters)
        if expected and not made.cached:
            raise RuntimeError("the file was made again")
        with adapters.storage.open(made.file.key) as file:
            return len(file.read())


if __name__ == "__main__":
    main()
