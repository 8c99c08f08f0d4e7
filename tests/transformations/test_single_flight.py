"""A file is rendered once however many want it, belongs to its image or is gone, and nobody waits for long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from aizen.database import db, transaction
from aizen.errors import Unavailable
from aizen.transformations.planning import Plan
from aizen.work import clock, removals
from aizen.work.models import ObjectRemoval
from aizen.work.removals import Claim
from tests.conftest import Backend, People
from tests.transformations.conftest import URL, Make, Planned, Rows, Transform, Watched

every_database = pytest.mark.every_database
Begin = Callable[[Plan], Claim]


@pytest.fixture
def claimed(backend: Backend) -> Begin:
    """Another process has begun to make the plan's file."""

    def begin(plan: Plan) -> Claim:
        with backend.app.app_context(), transaction():
            claim = removals.claim(plan.key, backend.settings, busy_seconds=60)
        assert claim is not None
        return claim

    return begin


@every_database
def test_many_who_want_the_same_have_it_rendered_once(
    make: Make, transform: Transform, watched: Watched, watched_with: Callable[..., FlaskClient], rows: Rows
) -> None:
    image_id, together, app = make(), threading.Barrier(8), watched_with(web_threads=8).application

    def ask(_number: int) -> dict[str, Any]:
        client = app.test_client()
        together.wait(10)
        answer: dict[str, Any] = transform(image_id, "w=80", through=client).get_json()
        return answer

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert sorted(answer["cached"] for answer in answers) == [False] + [True] * 7
    assert len({answer["url"] for answer in answers}) == 1
    assert (len(watched.orders), len(rows())) == (1, 1)


@every_database
def test_two_processes_that_want_the_same_have_it_rendered_once(
    backend: Backend, make: Make, transform: Transform, watched: Watched, watched_client: FlaskClient, rows: Rows
) -> None:
    image_id, began = make(), threading.Event()
    # The usual application has a renderer of its own, and so knows of the other one by the database alone.
    watched.meanwhile = began.set
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(transform, image_id, "w=80", through=watched_client)
        assert began.wait(10)
        second = transform(image_id, "w=80", through=backend.app.test_client()).get_json()
    assert (first.result().get_json()["cached"], second["cached"], second["url"]) == (False, True, first.result().get_json()["url"])
    assert len(rows()) == 1


@every_database
def test_whoever_finds_another_process_at_it_is_told_to_come_back(
    make: Make, transform: Transform, watched: Watched, watched_with: Callable[..., FlaskClient], planned: Planned, claimed: Begin
) -> None:
    image_id, impatient = make(), watched_with(transform_seconds=0.2)
    claimed(planned(image_id, "w=80"))
    answer = transform(image_id, "w=80", through=impatient)
    assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "render_under_way", "2")
    assert transform(image_id, "w=81", through=impatient).status_code == 200
    assert len(watched.orders) == 1


def test_whoever_waits_for_another_process_gets_its_file(
    backend: Backend, make: Make, transform: Transform, watched: Watched, watched_with: Callable[..., FlaskClient]
) -> None:
    image_id, began, seen = make(), threading.Event(), threading.Event()
    own = Watched(backend)
    busy, waiting = watched_with(), watched_with(renderer=own)
    looks: list[str] = []

    def take_time() -> None:
        began.set()
        seen.wait(10)

    watched.meanwhile = take_time

    def look(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if statement.startswith("INSERT INTO object_removals"):
            looks.append(statement)
            if len(looks) == 2:
                seen.set()

    with waiting.application.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", look)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(transform, image_id, "w=80", through=busy)
        assert began.wait(10)
        second = transform(image_id, "w=80", through=waiting)
        assert first.result().status_code == 200
    assert (second.status_code, second.get_json()["cached"], own.orders, len(watched.orders)) == (200, True, [], 1)
    # It has found the other at it, and has looked again.
    assert len(looks) >= 2


@every_database
def test_an_attempt_that_died_is_taken_over(
    backend: Backend, make: Make, transform: Transform, planned: Planned, claimed: Begin, execute: Callable[[Any], None]
) -> None:
    image_id = make()
    claim = claimed(planned(image_id, "w=80"))
    execute(sa.update(ObjectRemoval).values(not_before=claim.due - int(backend.settings.job_seconds * 1000)))
    assert transform(image_id, "w=80").status_code == 200


@every_database
def test_a_rendering_that_fails_leaves_nothing_and_blocks_nobody(
    backend: Backend, make: Make, transform: Transform, watched: Watched, watched_client: FlaskClient, rows: Rows
) -> None:
    image_id, before = make(), {each.key for each in backend.adapters.storage.objects()}

    def break_off() -> None:
        raise Unavailable("Too many pictures are being rendered now.", code="renderer_busy", retry_after=3)

    watched.meanwhile = break_off
    answer = transform(image_id, "w=80", through=watched_client)
    assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "renderer_busy", "3")
    assert rows() == []
    assert {each.key for each in backend.adapters.storage.objects()} == before
    watched.meanwhile = lambda: None
    assert transform(image_id, "w=80", through=watched_client).status_code == 200


@pytest.mark.every_backend
def test_an_image_that_is_deleted_while_it_is_rendered_leaves_nothing(
    delete: Callable[[str], None],
    backend: Backend,
    make: Make,
    transform: Transform,
    watched: Watched,
    watched_client: FlaskClient,
    rows: Rows,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()
    watched.meanwhile = lambda: delete(image_id)
    answer = transform(image_id, "w=80", through=watched_client)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    tick()
    assert (rows(), list(backend.adapters.storage.objects())) == ([], [])
    assert_clean()


def test_an_image_that_changes_while_it_is_rendered_is_rendered_again(
    client: FlaskClient, people: People, make: Make, transform: Transform, watched: Watched, watched_client: FlaskClient, rows: Rows
) -> None:
    image_id = make()

    def look_elsewhere() -> None:
        if len(watched.orders) == 1:
            client.patch(f"{URL}/{image_id}", headers=people.owner.headers, json={"focal_point": {"x": 0.1, "y": 0.2}})

    watched.meanwhile = look_elsewhere
    answer = transform(image_id, "w=40,h=40", through=watched_client)
    assert (answer.status_code, [order.focal_point for order in watched.orders]) == (200, [None, (0.1, 0.2)])
    assert len(rows()) == 1


def test_an_image_that_keeps_changing_is_for_later(
    client: FlaskClient,
    people: People,
    make: Make,
    transform: Transform,
    watched: Watched,
    watched_client: FlaskClient,
    rows: Rows,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()

    def look_elsewhere() -> None:
        point = {"x": len(watched.orders) / 10, "y": 0.5}
        client.patch(f"{URL}/{image_id}", headers=people.owner.headers, json={"focal_point": point})

    watched.meanwhile = look_elsewhere
    answer = transform(image_id, "w=40,h=40", through=watched_client)
    assert (answer.status_code, answer.get_json()["code"], len(watched.orders)) == (503, "image_changed", 2)
    tick()
    assert rows() == []
    assert_clean()
