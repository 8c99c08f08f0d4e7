"""A file is rendered once however many want it, belongs to its image or is gone, and nobody waits for long."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from aizen.database import db, transaction
from aizen.errors import Unavailable
from aizen.images import integrity
from aizen.images.models import DerivedFile, Variant
from aizen.transformations import planning
from aizen.transformations.models import Transformation
from aizen.transformations.planning import Plan, Wish
from aizen.transformations.recipe import read_url
from aizen.work import clock, removals
from aizen.work.models import ObjectRemoval, WorkItem
from aizen.work.removals import Claim
from tests import pictures
from tests.conftest import PASSWORD, Backend, People
from tests.transformations.conftest import URL, Make, Rows, Transform, Watched

every_database = pytest.mark.every_database
Planned = Callable[..., Plan]
Begin = Callable[[Plan], Claim]


@pytest.fixture
def planned(backend: Backend, people: People) -> Planned:
    """The plan for a recipe of the owner's image."""

    def make(image_id: str, recipe: str) -> Plan:
        wish = Wish(image_id=uuid.UUID(image_id), owner_id=uuid.UUID(people.owner.id), parsed=read_url(recipe, {}))
        with backend.app.app_context():
            return planning.plan(wish, backend.settings)

    return make


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


@pytest.mark.every_backend
def test_what_goes_with_its_image_leaves_no_file(
    client: FlaskClient,
    people: People,
    backend: Backend,
    make: Make,
    transform: Transform,
    rows: Rows,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()
    body = transform(image_id, "w=80").get_json()
    transform(image_id, "w=81")
    client.delete(f"{URL}/{image_id}", headers=people.owner.headers)
    assert client.get(body["url"]).status_code == 404
    tick()
    assert (rows(), list(backend.adapters.storage.objects())) == ([], [])
    assert_clean()


def test_variants_that_are_made_again_leave_derived_files_alone(
    client: FlaskClient,
    backend: Backend,
    make: Make,
    transform: Transform,
    rows: Rows,
    execute: Callable[[Any], None],
    work: Callable[[], int],
) -> None:
    image_id = make()
    transform(image_id, "w=80")
    execute(sa.delete(Variant).where(Variant.name.startswith("w")))
    with backend.app.app_context():
        assert integrity.repair(integrity.examine(backend.adapters), backend.adapters) == 1
    work()
    assert transform(image_id, "w=80").get_json()["cached"] is True


# -- another focal point


def look_at(client: FlaskClient, people: People, image_id: str, x: float) -> None:
    changed = client.patch(f"{URL}/{image_id}", headers=people.owner.headers, json={"focal_point": {"x": x, "y": 0.5}})
    assert changed.status_code == 200, changed.text


@pytest.mark.every_backend
def test_what_was_made_with_another_focal_point_goes(
    client: FlaskClient,
    people: People,
    backend: Backend,
    make: Make,
    transform: Transform,
    rows: Rows,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()
    look_at(client, people, image_id, 0.1)
    body = transform(image_id, "w=40,h=40").get_json()
    other = make()
    transform(other, "w=40,h=40")
    (key, kept) = (row.key for row in rows())
    # What says nothing new takes nothing away.
    look_at(client, people, image_id, 0.1)
    assert len(rows()) == 2
    look_at(client, people, image_id, 0.9)
    assert [row.key for row in rows()] == [kept]
    assert client.get(body["url"]).status_code == 404
    tick()
    assert key not in {each.key for each in backend.adapters.storage.objects()}
    assert_clean()


@every_database
def test_a_focal_point_that_comes_back_waits_for_one_tick_at_most(
    client: FlaskClient,
    people: People,
    make: Make,
    transform: Transform,
    watched_with: Callable[..., FlaskClient],
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id, impatient = make(), watched_with(transform_seconds=0.2)
    for x in (0.1, 0.9, 0.1):
        look_at(client, people, image_id, x)
        answer = transform(image_id, "w=40,h=40", through=impatient)
    assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "render_under_way", "2")
    tick()
    assert transform(image_id, "w=40,h=40", through=impatient).get_json()["cached"] is False
    assert_clean()


# -- what is started from


@pytest.mark.parametrize(
    ("recipe", "width"),
    [
        ("w=80", 512),
        ("w=600", 1024),
        ("w=1100", 1400),
        ("crop=0:0:300:300/w=100", 512),
        ("crop=0:0:300:300/w=250", 1400),
        ("fx=sepia/w=80", 1400),
        ("rot=90/w=80", 512),
        ("w=80/fx=sepia/bo=2", 512),
        ("", 1400),
    ],
)
def test_the_smallest_level_that_has_all_that_is_needed_is_started_from(make: Make, planned: Planned, recipe: str, width: int) -> None:
    assert planned(make(pictures.jpeg(1400, 1000)), recipe).source.width == width


def test_a_watermark_is_taken_from_a_level_too(make: Make, planned: Planned) -> None:
    mark = make(pictures.jpeg(1400, 1000))
    plan = planned(make(), f"w=80/wm={mark}")
    assert [source.width for source in plan.watermarks.values()] == [512]
    assert plan.megapixels == 1


def test_a_frame_is_taken_from_the_original(make: Make, planned: Planned) -> None:
    plan = planned(make(pictures.gif(frames=5), "a.gif"), "w=10/frame=2")
    assert (plan.source.key, plan.source.frames) == (plan.image.key, 3)


@pytest.mark.every_backend
def test_the_original_does_for_a_level_that_is_lost(
    backend: Backend, make: Make, transform: Transform, planned: Planned, rows: Rows
) -> None:
    image_id = make(pictures.jpeg(700, 500))
    plan = planned(image_id, "w=80")
    assert plan.source.key != plan.image.key
    backend.adapters.storage.delete(plan.source.key)
    assert transform(image_id, "w=80").get_json()["width"] == 80
    assert len(rows()) == 1


@pytest.mark.every_backend
@pytest.mark.parametrize("as_mark", [False, True])
def test_an_original_that_is_lost_is_told_and_will_not_come_back(
    backend: Backend, make: Make, transform: Transform, planned: Planned, rows: Rows, work: Callable[[], int], as_mark: bool
) -> None:
    image_id = make()
    plan = planned(image_id, "fx=sepia")
    backend.adapters.storage.delete(plan.image.key)
    wanted, recipe = (make(), f"fx=sepia/wm={image_id},ws=1") if as_mark else (image_id, "fx=sepia")
    answer = transform(wanted, recipe)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "original_missing")
    job = transform(wanted, recipe, mode="async").headers["Location"]
    work()
    with backend.app.app_context(), db.engine.connect() as connection:
        item = connection.execute(sa.select(WorkItem).where(WorkItem.id == uuid.UUID(job.rpartition("/")[2]))).one()
    assert (item.state, item.error_code, item.attempts) == ("failed", "original_missing", 1)
    assert rows() == []


def test_a_source_that_cannot_be_read_is_422(backend: Backend, make: Make, transform: Transform, planned: Planned) -> None:
    image_id = make()
    backend.adapters.storage.put(planned(image_id, "w=80").source.key, b"not a picture", media_type="image/jpeg")
    assert transform(image_id, "w=80").status_code in (415, 422)


@pytest.mark.every_backend
@pytest.mark.parametrize("how", [{}, {"accept": "image/jpeg"}, {"save": True}])
def test_a_file_that_is_lost_is_made_again_for_whoever_wants_it(
    backend: Backend, make: Make, transform: Transform, rows: Rows, assert_clean: Callable[[], None], how: dict[str, Any]
) -> None:
    image_id = make()
    transform(image_id, "w=80")
    (lost,) = rows()
    backend.adapters.storage.delete(lost.key)
    answer = transform(image_id, "w=80", **how)
    assert (answer.status_code, answer.headers["Server-Timing"].partition(";")[0]) == (201 if "save" in how else 200, "source")
    assert lost.id not in {row.id for row in rows()}
    assert_clean()


def test_a_file_that_is_lost_is_forgotten_by_the_doctor_and_made_again(
    backend: Backend, make: Make, transform: Transform, rows: Rows, assert_clean: Callable[[], None]
) -> None:
    image_id = make()
    transform(image_id, "w=80")
    backend.adapters.storage.delete(rows()[0].key)
    with backend.app.app_context():
        report = integrity.examine(backend.adapters)
        assert report.missing_objects == (rows()[0].key,)
        integrity.repair(report, backend.adapters)
        clock.tick(backend.adapters)
    assert_clean()
    assert transform(image_id, "w=80").get_json()["cached"] is False


def test_the_day_on_which_a_file_was_last_wanted_is_known(
    make: Make, transform: Transform, rows: Rows, execute: Callable[[Any], None]
) -> None:
    image_id = make()
    transform(image_id, "w=80")
    execute(sa.update(DerivedFile).values(used_on=date(2026, 1, 1)))
    assert transform(image_id, "w=80").get_json()["cached"] is True
    assert rows()[0].used_on == rows()[0].created_at.date()


@every_database
def test_nothing_is_left_of_an_account_that_is_closed(
    client: FlaskClient,
    people: People,
    backend: Backend,
    make: Make,
    transform: Transform,
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()
    transform(image_id, "w=80")
    transform(image_id, "w=81", mode="async")
    assert client.delete("/api/v1/auth/profile", headers=people.owner.headers, json={"password": PASSWORD}).status_code == 204
    work()
    tick()
    assert list(backend.adapters.storage.objects()) == []
    with backend.app.app_context(), db.engine.connect() as connection:
        for table in (DerivedFile, Transformation, WorkItem):
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0, table
    assert_clean()
