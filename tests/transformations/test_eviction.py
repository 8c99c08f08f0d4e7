"""What transformations made is kept within a budget; the least recently used goes, and is made again when somebody wants it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from aizen.database import db
from aizen.images.models import DerivedFile, Image
from aizen.transformations.eviction import CacheBudget
from aizen.work import clock
from aizen.work.models import WorkItem
from tests.conftest import Backend, People
from tests.images.conftest import Passing, opened, work_off
from tests.transformations.conftest import Make, Rows, Transform

LONG_AGO = date(2026, 1, 1)
Sweep = Callable[..., int]
Shown = Callable[[str], dict[str, Any]]


@pytest.fixture
def sweep(backend: Backend) -> Sweep:
    """The sweep with a budget of so many bytes; one that is given goes on where it was."""

    def run(budget: int, by: CacheBudget | None = None) -> int:
        settings = replace(backend.settings, transform_cache_bytes=budget)
        with backend.app.app_context():
            return (by or CacheBudget())(replace(backend.adapters, settings=settings))

    return run


@pytest.fixture
def shelf(backend: Backend, make: Make, transform: Transform, rows: Rows, execute: Callable[[Any], None]) -> Callable[[int], list[str]]:
    """So many files of one image, the least recently wanted first: on S3 that is the oldest, on a disk here the youngest."""

    def fill(count: int) -> list[str]:
        image_id = make()
        for number in range(count):
            assert transform(image_id, f"w={80 + number}").status_code == 200
        made = rows() if backend.settings.storage == "s3" else rows()[::-1]
        for number, row in enumerate(made):
            execute(sa.update(DerivedFile).where(DerivedFile.id == row.id).values(used_on=LONG_AGO + timedelta(days=number)))
            read_on(backend, row.key, LONG_AGO)
        return [row.key for row in made]

    return fill


@pytest.fixture
def shown(client: FlaskClient, people: People) -> Shown:
    """A job of the owner's, by its address."""

    def get(address: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get(address, headers=people.owner.headers).get_json()
        return found

    return get


def read_on(backend: Backend, key: str, day: date) -> None:
    """The file was last read on that day, as whoever sends it again leaves it; S3 keeps no such time."""
    path = backend.adapters.storage.path(key)
    if path is not None:
        os.utime(path, (datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp(), path.stat().st_mtime))


def stored(backend: Backend) -> list[str]:
    return sorted(each.key for each in backend.adapters.storage.objects("derived/"))


@pytest.mark.every_backend
def test_beyond_the_budget_what_was_wanted_least_recently_goes_and_is_made_again(
    client: FlaskClient,
    backend: Backend,
    shelf: Callable[[int], list[str]],
    sweep: Sweep,
    transform: Transform,
    rows: Rows,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    keys = shelf(4)
    sizes = [row.bytes for row in rows()]
    for within in (0, sum(sizes)):
        assert (sweep(within), len(rows())) == (0, 4)
    # Without the first file it would still be more than nine tenths of the budget.
    assert sweep(int((sum(sizes[1:]) - sizes[1] / 2) / 0.9)) == 2
    assert {row.key for row in rows()} == set(keys[2:])
    assert_clean()
    tick()
    assert stored(backend) == sorted(keys[2:])
    recipe = "w=80" if backend.settings.storage == "s3" else "w=83"
    again = transform(keys[0].split("/")[2], recipe).get_json()
    assert (again["cached"], opened(client, again["url"]).status_code in (200, 302)) == (False, True)
    assert {row.key for row in rows()} == {keys[0], *keys[2:]}
    assert_clean()


@pytest.mark.every_database
def test_a_job_outlives_the_file_that_came_of_it(
    shown: Shown, make: Make, transform: Transform, sweep: Sweep, rows: Rows, work: Callable[[], int]
) -> None:
    job = transform(make(), "w=80", mode="async").headers["Location"]
    work()
    assert shown(job)["result"]["width"] == 80
    assert (sweep(1), rows()) == (1, [])
    done = shown(job)
    assert (done["status"], done["result"]) == ("done", None)


class EvictedAtOnce(Passing):
    """A disk from which the clock takes a file as soon as it has been made."""

    def __init__(self, backend: Backend, evict: Callable[[], object]) -> None:
        super().__init__(backend.adapters)
        self.evict = evict

    def path(self, key: str) -> Any:
        found = self._real.path(key)
        if key.startswith("derived/"):
            self.evict()
        return found


@pytest.mark.every_database
def test_a_job_whose_file_has_gone_before_it_is_recorded_makes_it_again(
    shown: Shown,
    backend: Backend,
    make: Make,
    transform: Transform,
    sweep: Sweep,
    watched_with: Callable[..., FlaskClient],
    execute: Callable[[Any], None],
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
) -> None:
    job = transform(make(), "w=80", mode="async").headers["Location"]
    work_off(watched_with(storage=EvictedAtOnce(backend, lambda: sweep(1))).application, backend)
    waiting = shown(job)
    assert (waiting["status"], waiting["attempts"], waiting["error"]["code"]) == ("pending", 1, "file_gone")
    execute(sa.update(WorkItem).values(not_before=0, hinted_at=None))
    tick()
    work()
    done = shown(job)
    assert (done["status"], done["result"]["width"]) == ("done", 80)


def test_a_file_that_was_sent_without_the_database_is_spared_and_its_day_is_noted(
    backend: Backend, shelf: Callable[[int], list[str]], sweep: Sweep, rows: Rows, assert_clean: Callable[[], None]
) -> None:
    keys = shelf(4)
    today = datetime.now(UTC).date()
    read_on(backend, keys[0], date(2026, 6, 1))
    read_on(backend, keys[1], date(2999, 1, 1))
    # Less than one file may stay, and still those that are in use do, for this tick.
    assert sweep(1) == 2
    assert {row.key: row.used_on for row in rows()} == {keys[0]: date(2026, 6, 1), keys[1]: today}
    # From now on the day is the row's.
    assert sweep(1) == 2
    assert rows() == []
    assert_clean()


def test_a_tick_takes_so_many_and_the_next_ones_go_on_to_nine_tenths_without_adding_up_again(
    backend: Backend, shelf: Callable[[int], list[str]], sweep: Sweep, rows: Rows
) -> None:
    shelf(8)
    total = sum(row.bytes for row in rows())
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        statements.append(statement)

    def added_up() -> int:
        return sum("sum(" in each for each in statements)

    with backend.app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            budget, by = total // 2, CacheBudget(files_a_tick=1)
            gone = [sweep(budget, by) for _ in range(8)]
            assert added_up() == 1
            patient = CacheBudget(adding_up_seconds=0, files_a_tick=1)
            assert [sweep(1, patient) for _ in range(2)] == [1, 1]
            assert added_up() == 3
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)
    left = 8 - sum(gone)
    assert gone == [1] * sum(gone) + [0] * left
    # With one more it would have been more than nine tenths.
    sizes = total // 8
    assert 0.9 * budget - 1.5 * sizes < left * sizes <= 0.9 * budget + 0.5 * sizes


def test_the_files_of_an_image_that_somebody_is_changing_wait_and_so_does_nobody(
    backend: Backend, shelf: Callable[[int], list[str]], sweep: Sweep, rows: Rows
) -> None:
    locked = shelf(2)
    image_id = uuid.UUID(locked[0].split("/")[2])
    assert len(shelf(1)) == 3
    with backend.app.app_context(), db.engine.begin() as changing:
        changing.execute(sa.select(Image.id).where(Image.id == image_id).with_for_update())
        assert sweep(1) == 1
    assert {row.key for row in rows()} == set(locked)
    assert sweep(1) == 2


class WantedMeanwhile(Passing):
    """A disk that is looked at when somebody has just got the file."""

    def __init__(self, backend: Backend, want: Callable[[], object]) -> None:
        super().__init__(backend.adapters)
        self.want = want

    def path(self, key: str) -> Any:
        self.want()
        return self._real.path(key)


def test_a_file_that_is_wanted_while_it_is_looked_at_stays(
    backend: Backend, shelf: Callable[[int], list[str]], transform: Transform, rows: Rows
) -> None:
    (key,) = shelf(1)
    storage: Any = WantedMeanwhile(backend, lambda: transform(key.split("/")[2], "w=80"))
    settings = replace(backend.settings, transform_cache_bytes=1)
    with backend.app.app_context():
        assert CacheBudget()(replace(backend.adapters, settings=settings, storage=storage)) == 0
    assert [(row.key, row.used_on) for row in rows()] == [(key, datetime.now(UTC).date())]
