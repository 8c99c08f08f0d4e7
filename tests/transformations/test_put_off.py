"""Transformations that a worker carries out: 202 and a job, whose result is what would have been answered at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import new_id, utc_now
from aizen.queue import WorkTimedOut
from aizen.transformations.models import Transformation
from aizen.work import clock, jobs
from aizen.work.models import WorkItem
from tests import pictures
from tests.conftest import Backend, People
from tests.fakes import HintList
from tests.transformations.conftest import URL, Make, Rows, Transform, Watched, field_error

every_backend = pytest.mark.every_backend
Follow = Callable[[TestResponse], TestResponse]


@pytest.fixture
def follow(client: FlaskClient, people: People) -> Follow:
    """The job that an answer leads to."""

    def get(answer: TestResponse) -> TestResponse:
        return client.get(answer.headers["Location"], headers=people.owner.headers)

    return get


@every_backend
def test_a_worker_does_what_is_put_off(
    make: Make, transform: Transform, follow: Follow, work: Callable[[], int], rows: Rows, assert_clean: Callable[[], None]
) -> None:
    image_id = make()
    answer = transform(image_id, "w=80", mode="async")
    job = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/v1/jobs/{job['id']}")
    assert (job["kind"], job["status"], job["place"], job["result"]) == ("transformation", "pending", 1, None)
    assert job["links"]["image"] == f"{URL}/{image_id}"
    assert rows() == []
    assert work() == 1
    done = follow(answer).get_json()
    assert (done["status"], done["progress"]) == ("done", 100)
    assert done["result"] == {**transform(image_id, "w=80").get_json(), "cached": False}
    assert_clean()


def test_prefer_puts_off_and_is_acknowledged(make: Make, transform: Transform, work: Callable[[], int]) -> None:
    image_id = make()
    prefer = {"Prefer": "respond-async, wait=5"}
    answer = transform(image_id, "w=80", headers=prefer)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    # The mode is what was asked for, a preference what would be liked.
    assert transform(image_id, "w=81", headers=prefer, mode="sync").status_code == 200
    work()
    # What is there already costs no more time than a job would.
    answer = transform(image_id, "w=80", headers=prefer)
    assert (answer.status_code, "Preference-Applied" in answer.headers) == (200, False)


def test_what_decodes_too_much_is_put_off_unless_sync_is_asked_for(
    make: Make, transform: Transform, watched_with: Callable[..., FlaskClient], work: Callable[[], int]
) -> None:
    image_id, small = make(), watched_with(sync_max_megapixels=0.01)
    assert transform(image_id, "w=80", through=small).status_code == 202
    assert field_error(transform(image_id, "w=80", through=small, mode="sync")) == ("/mode", "too_large_for_sync")
    work()
    assert transform(image_id, "w=80", through=small, mode="sync").status_code == 200


def test_the_size_is_that_of_all_frames(make: Make, transform: Transform, watched_with: Callable[..., FlaskClient]) -> None:
    image_id, small = make(pictures.gif(frames=9), "a.gif"), watched_with(sync_max_megapixels=0.003)
    assert transform(image_id, "w=20", through=small).status_code == 202
    assert transform(image_id, "w=20/frame=0", through=small).status_code == 200


@every_backend
def test_what_is_put_off_can_be_kept_as_an_image(
    client: FlaskClient, people: People, make: Make, transform: Transform, follow: Follow, work: Callable[[], int]
) -> None:
    image_id = make()
    answer = transform(image_id, "w=500", mode="async", save=True)
    # The transformation, and what follows from an image.
    assert work() == 3
    result = follow(answer).get_json()["result"]
    image = client.get(f"{URL}/{result['id']}", headers=people.owner.headers).get_json()
    assert (image["status"], image["parent_id"], image["recipe"], image["width"]) == ("ready", image_id, "w=500", 160)
    assert (result["parent_id"], result["warnings"]) == (image_id, ["enlarge_refused"])


def test_accept_decides_the_format_of_what_is_put_off(make: Make, transform: Transform, follow: Follow, work: Callable[[], int]) -> None:
    answer = transform(make(), "w=80", mode="async", accept="image/webp,image/*")
    assert (answer.status_code, answer.content_type) == (202, "application/json")
    work()
    assert follow(answer).get_json()["result"]["format"] == "webp"


def test_what_cannot_be_done_is_told_at_once_or_by_the_job(
    make: Make, transform: Transform, follow: Follow, work: Callable[[], int]
) -> None:
    image_id = make(pictures.png(), "a.png")
    assert field_error(transform(image_id, "crop=0:999", mode="async")) == ("/recipe", "outside_picture")
    answer = transform(image_id, "w=16/f=jpeg", mode="async", strict=True)
    work()
    job = follow(answer).get_json()
    assert (job["status"], job["error"]["code"], job["result"]) == ("failed", "strict_warnings", None)
    assert "alpha_flattened" in job["error"]["detail"]


@every_backend
def test_a_job_that_is_called_off_is_not_done(
    client: FlaskClient, people: People, make: Make, transform: Transform, work: Callable[[], int], rows: Rows
) -> None:
    answer = transform(make(), "w=80", mode="async")
    assert client.delete(answer.headers["Location"], headers=people.owner.headers).status_code == 204
    work()
    assert rows() == []
    assert client.get(answer.headers["Location"], headers=people.owner.headers).status_code == 404


def test_a_rendering_that_takes_all_of_a_jobs_time_is_not_tried_again(
    client: FlaskClient, people: People, make: Make, transform: Transform, watched: Watched, watched_client: FlaskClient, queue: HintList
) -> None:
    address = transform(make(), "w=80", mode="async").headers["Location"]

    def strike() -> None:
        raise WorkTimedOut

    watched.meanwhile = strike
    (hint,) = queue.take()
    with watched_client.application.app_context():
        jobs.perform(hint)
    job = client.get(address, headers=people.owner.headers).get_json()
    assert (job["status"], job["attempts"], job["error"]["code"]) == ("failed", 1, "render_timeout")


def test_what_no_image_can_be_is_not_put_off(make: Make, transform: Transform, work: Callable[[], int]) -> None:
    assert field_error(transform(make(), "w=80/f=tiff", save=True, mode="async")) == ("/recipe", "not_kept_as_image")
    assert work() == 0


@every_backend
@pytest.mark.parametrize("is_done", [False, True])
def test_a_job_goes_with_its_image(
    delete: Callable[[str], None],
    backend: Backend,
    make: Make,
    transform: Transform,
    follow: Follow,
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    is_done: bool,
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()
    answer = transform(image_id, "w=80", mode="async")
    if is_done:
        work()
    delete(image_id)
    work()
    tick()
    job = follow(answer)
    assert job.status_code == 404 or job.get_json()["result"] is None
    assert list(backend.adapters.storage.objects()) == []
    assert_clean()


def test_a_repeat_leads_to_the_same_job(make: Make, transform: Transform, work: Callable[[], int]) -> None:
    image_id, key = make(), {"Idempotency-Key": str(new_id())}
    first, again = (transform(image_id, "w=80", mode="async", headers=key) for _ in range(2))
    assert (again.status_code, again.headers["Location"]) == (202, first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert work() == 1


@pytest.mark.every_database
@pytest.mark.parametrize("save", [False, True])
@pytest.mark.parametrize("is_done", [False, True])
def test_a_repeat_of_what_was_called_off_orders_nothing(
    client: FlaskClient, people: People, make: Make, transform: Transform, work: Callable[[], int], save: bool, is_done: bool
) -> None:
    image_id, key = make(), {"Idempotency-Key": str(new_id())}
    first = transform(image_id, "w=80", mode="async", save=save, headers=key)
    if is_done:
        work()
    client.delete(first.headers["Location"], headers=people.owner.headers)
    work()
    for _ in range(2):
        again = transform(image_id, "w=80", mode="async", save=save, headers=key)
        assert (again.status_code, again.get_json()["code"]) == (410, "result_gone")
        assert "Idempotency-Replayed" not in again.headers
    assert work() == 0


def test_a_stranger_neither_sees_nor_ends_a_job(client: FlaskClient, people: People, make: Make, transform: Transform) -> None:
    address = transform(make(), "w=80", mode="async").headers["Location"]
    for method in ("GET", "DELETE"):
        assert client.open(address, method=method, headers=people.stranger.headers).status_code == 404


@pytest.mark.every_database
def test_old_orders_are_forgotten_and_what_came_of_them_stays(
    make: Make,
    transform: Transform,
    follow: Follow,
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    rows: Rows,
    execute: Callable[[Any], None],
) -> None:
    image_id = make()
    old, new = transform(image_id, "w=80", mode="async"), transform(image_id, "w=81", mode="async")
    work()
    long_ago = utc_now() - timedelta(days=2)
    item = WorkItem.id == uuid.UUID(old.get_json()["id"])
    execute(
        sa.update(Transformation)
        .where(Transformation.id == sa.select(WorkItem.subject_id).where(item).scalar_subquery())
        .values(created_at=long_ago)
    )
    execute(sa.update(WorkItem).where(item).values(created_at=long_ago))
    assert tick().swept == 1
    assert (follow(old).status_code, follow(new).status_code) == (404, 200)
    assert len(rows()) == 2
