"""The files that transformations leave: how long they are kept, and what becomes of lost ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from aizen.database import db
from aizen.images import integrity
from aizen.images.models import DerivedFile, Variant
from aizen.transformations.models import Transformation
from aizen.work import clock
from aizen.work.models import WorkItem
from tests.conftest import PASSWORD, Backend, People
from tests.transformations.conftest import URL, Make, Rows, Transform

every_database = pytest.mark.every_database


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


@pytest.mark.every_backend
def test_a_focal_point_that_comes_back_waits_for_nothing_or_with_s3_for_one_tick(
    backend: Backend,
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
    if backend.settings.storage == "s3":
        assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "render_under_way", "2")
        tick()
        answer = transform(image_id, "w=40,h=40", through=impatient)
    assert answer.get_json()["cached"] is False
    tick()
    assert transform(image_id, "w=40,h=40").get_json()["cached"] is True
    assert_clean()


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
    assert list(backend.adapters.storage.objects("derived/")) == []
    tick()
    assert list(backend.adapters.storage.objects()) == []
    with backend.app.app_context(), db.engine.connect() as connection:
        for table in (DerivedFile, Transformation, WorkItem):
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0, table
    assert_clean()
