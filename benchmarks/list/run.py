"""Benchmark P8: a page of a million images against Django REST Framework's, on the same rows in the same run; and searches of that million.

    python benchmarks/list/run.py [--images 1000000] [--requests 30] [--rounds 8]

Prints its tables and writes benchmarks/results/list.json. Most of its five minutes it fills the database. The peer is installed into
benchmarks/peers/list/ at the first run. TEST_DATABASE_URL, if it is set, must name a superuser.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask

from aizen.adapters import open_adapters
from aizen.app import create_app
from aizen.database import db
from aizen.images.models import Image
from aizen.migrating import upgrade
from aizen.settings import Settings
from aizen.web.pagination import Position, write_cursor
from benchmarks.installing import python_with
from benchmarks.list.shelf import Shelf, check, fill
from benchmarks.recording import Row, at_most, beside, record
from tests.services.postgres import Postgres

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# Linters and type checkers pass over a folder whose name begins with a dot.
PEER = HERE.parent / "peers" / "list" / ".venv"
URL = "/api/v1/images"
PAGE = 50
WARM_UP = 10
SEARCHES_TAKEN = 3
# What is looked for, and how it stands to the images.
SEARCHES = {
    "a word that all images have": "photo",
    "a word of 1 in 100": "otter",
    "a word of 5 images": "axolotl",
    "two words of a half each that never meet": "harbour desert",
    "a phrase that every third image has": '"calm lake"',
    "a phrase that none has, of words that all have": '"photo lake"',
    "a word that all have, without one of a half": "photo -harbour",
    "a tag of 1 in 50": 'tag:"trip 7"',
    "a word that only the older half has": "analogue",
    "a word that all have, in one of 4 failed images": "photo is:failed",
}
CONTENDERS = {
    "aizen": "GET /api/v1/images?limit=50, whole: token, session, list, variants, signed addresses, JSON by orjson, log",
    "rest_framework": "Django 5.2, REST Framework 3.18: the same JSON, CursorPagination, select_related, prefetch_related, "
    "a persistent connection, JSONRenderer; token and session checked as Aizen does",
}


@dataclass(frozen=True)
class Side:
    """A process that answers requests to one application."""

    process: subprocess.Popen[str]
    token: str

    def ask(self, path: str, *, times: int = 1) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"path": path, "token": self.token, "times": times}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a contender has ended; what it had to say stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def main() -> None:
    arguments = _arguments()
    with ExitStack() as stack:
        settings, app = _application(stack)
        with app.app_context():
            upgrade()
        (owner_id, token), (other_id, other_token) = (_person(app, name) for name in ("ada", "eve"))
        shelf = Shelf(owner_id, other_id, arguments.images)
        started = time.monotonic()
        fill(settings.database_url.replace("+psycopg", ""), shelf)
        print(f"{shelf.images:,} images in {time.monotonic() - started:.0f} s", file=sys.stderr)
        with app.app_context():
            check(shelf)
            deep = _position(shelf)
        sides = {name: stack.enter_context(_side(name, settings, token)) for name in CONTENDERS}
        pages = _pages(deep)
        _compare(sides, pages)
        cpu, wall = _raced(sides, pages, rounds=arguments.rounds, requests=arguments.requests)
        searches = _searched(sides["aizen"], deep)
        searches |= _searched_by_another(stack.enter_context(_side("aizen", settings, other_token)))
    rows = [*_list_rows(cpu, wall), *_search_rows(searches)]
    figures = {"images": shelf.images, "cpu_ms": cpu, "wall_ms": wall, "search_wall_ms": searches}
    record("list", rows, contenders=CONTENDERS, figures=figures)
    for what, figure in searches.items():
        print(f"{what:60}" + "".join(f" {page} {milliseconds:8.1f} ms" for page, milliseconds in figure.items()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A page of a million images against Django REST Framework, and searches of them")
    parser.add_argument("--images", type=int, default=1_000_000, help="how many images the list has")
    parser.add_argument("--requests", type=int, default=30, help="requests of each contender for each page in a round")
    parser.add_argument("--rounds", type=int, default=8, help="rounds, taking turns")
    return parser.parse_args()


def _application(stack: ExitStack) -> tuple[Settings, Flask]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aizen-benchmark-")))
    postgres = stack.enter_context(Postgres.from_environ())
    settings = Settings(
        secret_key=uuid.uuid4().hex + uuid.uuid4().hex,
        data_dir=folder,
        database_url=postgres.create_database("aizen_benchmark_list"),
        redis_url="redis://127.0.0.1:1",
        jwt_access_seconds=7200,
        log_level="ERROR",
    )
    app = create_app(settings, open_adapters(settings))
    # Nothing may be connected to a database that is dropped, or that a server of ours is to end with.
    stack.callback(_let_go, app)
    return settings, app


def _let_go(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


def _person(app: Flask, name: str) -> tuple[uuid.UUID, str]:
    body = {"email": f"{name}@example.org", "password": "a quiet river at nine"}
    answer: Any = app.test_client().post("/api/v1/auth/register", json=body).get_json()
    return uuid.UUID(answer["user"]["id"]), answer["tokens"]["access"]


def _position(shelf: Shelf) -> Position:
    """Of the row, counted from the newest, that only a page and a half come after (in a million: row 999,925)."""
    moment = shelf.moment(PAGE + PAGE // 2)
    image_id = db.session.scalar(sa.select(Image.id).where(Image.owner_id == shelf.owner_id, Image.created_at == moment))
    db.session.rollback()
    assert image_id is not None
    return Position(moment, image_id)


def _cursor(deep: Position, **filters: str | None) -> str:
    names = ("sort", "search", "tag", "status", "visibility", "source")
    return write_cursor(deep, {**dict.fromkeys(names), "sort": "-uploaded_at", **filters})


def _pages(deep: Position) -> dict[str, dict[str, str]]:
    """The addresses of the first and the deep page on each side: a cursor is each one's own matter."""
    theirs = base64.b64encode(urlencode({"p": str(deep.created_at)}).encode()).decode()
    return {
        "aizen": {"first": f"{URL}?limit={PAGE}", "deep": f"{URL}?{urlencode({'limit': PAGE, 'cursor': _cursor(deep)})}"},
        "rest_framework": {"first": URL, "deep": f"{URL}?{urlencode({'cursor': theirs})}"},
    }


@contextmanager
def _side(name: str, settings: Settings, token: str) -> Iterator[Side]:
    peer = name == "rest_framework"
    environment = {
        "PATH": os.defpath,
        "HOME": str(settings.data_dir),
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.replace("+psycopg", "") if peer else settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key,
        "JWT_SECRET_KEY": settings.jwt_secret_key,
        "SIGNING_KEYS": settings.signing_keys[0],
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "ADDRESS_SECONDS": str(settings.address_seconds),
        "LOG_LEVEL": "ERROR",
    }
    python = str(python_with(HERE / "requirements.txt", PEER)) if peer else sys.executable
    process = subprocess.Popen(
        [python, str(HERE / f"{name}_list.py")], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdin is not None
        yield Side(process, token)
        process.stdin.close()


def _compare(sides: dict[str, Side], pages: dict[str, dict[str, str]]) -> None:
    """Raises RuntimeError unless both answer the same, value for value."""
    for page in ("first", "deep"):
        ours = sides["aizen"].ask(pages["aizen"][page], times=WARM_UP)["body"]
        theirs = sides["rest_framework"].ask(pages["rest_framework"][page], times=WARM_UP)["body"]["results"]
        if ours != theirs or len(ours) != PAGE or not all(each["variants"] for each in ours):
            raise RuntimeError(f"the {page} pages differ: {json.dumps(ours[:1])[:3000]}\n{json.dumps(theirs[:1])[:3000]}")


Figures = dict[str, dict[str, list[float]]]


def _raced(sides: dict[str, Side], pages: dict[str, dict[str, str]], *, rounds: int, requests: int) -> tuple[Figures, Figures]:
    """CPU and wall milliseconds of a request, the median of each round. They take turns: what else the machine does falls on all."""
    cpu: Figures = {name: {"first": [], "deep": []} for name in sides}
    wall: Figures = {name: {"first": [], "deep": []} for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            for page, path in pages[name].items():
                found = side.ask(path, times=requests)
                cpu[name][page].append(round(median(found["cpu_ms"]), 3))
                wall[name][page].append(round(median(found["wall_ms"]), 3))
    return cpu, wall


def _searched(side: Side, deep: Position) -> dict[str, dict[str, float]]:
    found = {}
    for what, search in SEARCHES.items():
        first = _search_ms(side, {"search": search})
        # The cursor of another search would be refused; each has its own.
        found[what] = {"first": first, "deep": _search_ms(side, {"search": search, "cursor": _cursor(deep, search=search)})}
    return found


def _searched_by_another(side: Side) -> dict[str, dict[str, float]]:
    """Somebody with fifty images beside the million."""
    return {"a word that all have, by the owner of 50 images": {"first": _search_ms(side, {"search": "photo"})}}


def _search_ms(side: Side, arguments: dict[str, str]) -> float:
    path = f"{URL}?{urlencode({'limit': PAGE, **arguments})}"
    side.ask(path)
    taken: list[float] = side.ask(path, times=SEARCHES_TAKEN)["wall_ms"]
    return round(median(taken), 2)


def _list_rows(cpu: Figures, wall: Figures) -> list[Row]:
    ours, theirs = cpu["aizen"], cpu["rest_framework"]
    ratios = [a / b for a, b in zip(ours["first"], theirs["first"], strict=True)]
    deep = median(b / a for a, b in zip(ours["first"], ours["deep"], strict=True))
    rows = [
        at_most(0.35, "P8", "50 of 1,000,000 images: CPU ÷ Django REST Framework, median of the rounds", measured=median(ratios)),
        beside("P8", "the same, lowest of the rounds", measured=min(ratios)),
        beside("P8", "the same, highest of the rounds", measured=max(ratios)),
        at_most(2, "P8", "the page at row 999,925 ÷ the first, CPU", measured=deep),
    ]
    for name in CONTENDERS:
        rows += [
            beside("P8", f"a first page, CPU of the application, ms: {name}", measured=median(cpu[name]["first"])),
            beside("P8", f"a first page, wall with PostgreSQL's part, ms: {name}", measured=median(wall[name]["first"])),
            beside("P8", f"a deep page, wall with PostgreSQL's part, ms: {name}", measured=median(wall[name]["deep"])),
        ]
    return rows


def _search_rows(searches: dict[str, dict[str, float]]) -> list[Row]:
    rows = [beside("P8", f"search, first page, wall ms: {what}", measured=figure["first"]) for what, figure in searches.items()]
    deepest = max(figure["deep"] for figure in searches.values() if "deep" in figure)
    return [*rows, beside("P8", "search, page at row 999,925, wall ms: the slowest of them", measured=deepest)]


if __name__ == "__main__":
    main()
