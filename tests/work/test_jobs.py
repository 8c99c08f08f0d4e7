"""GET and DELETE /api/v1/jobs/{id}: work as its owner follows it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import db, new_id
from aizen.errors import Final, TryAgain
from aizen.work.models import WorkItem
from tests.conftest import People
from tests.fakes import HintList
from tests.images.conftest import Upload, upload  # noqa: F401 - a fixture
from tests.work.errands import ERRAND, Errands

every_database = pytest.mark.every_database
JOBS = "/api/v1/jobs"
Work = Callable[[], int]


@pytest.fixture
def errands(app: Flask) -> Errands:
    return Errands(app)


@pytest.fixture
def get(client: FlaskClient, people: People) -> Callable[..., TestResponse]:
    def get(job_id: str, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get(f"{JOBS}/{job_id}", headers={**people.owner.headers, **named})

    return get


def in_a_thread(call: Callable[[], TestResponse]) -> TestResponse:
    """Its answer, from a context of its own: a worker's must not be taken for the request's."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(call).result()


def told(answer: TestResponse, *names: str) -> tuple[Any, ...]:
    body = answer.get_json()
    return tuple(body[name] for name in names)


# -- what is told


@every_database
def test_a_job_is_followed_from_its_queue_to_its_result(
    errands: Errands, get: Callable[..., TestResponse], people: People, work: Work, app: Flask
) -> None:
    image_id = uuid.uuid4()
    job_id = errands.ask_for(people.owner.id, image_id=image_id)
    pending = get(job_id)
    assert told(pending, "id", "kind", "status", "progress", "place", "attempts", "result", "error") == (
        *(job_id, ERRAND, "pending", 0, 1, 0, None, None),
    )
    assert pending.get_json()["links"] == {"self": f"{JOBS}/{job_id}", "image": f"/api/v1/images/{image_id}"}
    assert (pending.headers["Cache-Control"], pending.headers["Retry-After"]) == ("private, no-cache", "1")
    working: list[TestResponse] = []
    errands.percent = 40
    errands.meanwhile = lambda: working.append(in_a_thread(lambda: get_with(app, job_id, people)))
    work()
    assert told(working[0], "status", "progress", "place", "attempts", "result") == ("working", 40, None, 1, None)
    done = get(job_id)
    assert told(done, "status", "progress", "place", "error") == ("done", 100, None, None)
    assert done.get_json()["result"] == {"brought": str(errands.brought[0])}
    assert "Retry-After" not in done.headers
    assert len({pending.headers["ETag"], working[0].headers["ETag"], done.headers["ETag"]}) == 3


def get_with(app: Flask, job_id: str, people: People) -> TestResponse:
    return app.test_client().get(f"{JOBS}/{job_id}", headers=people.owner.headers)


def test_a_failed_job_says_why(errands: Errands, get: Callable[..., TestResponse], people: People, work: Work) -> None:
    job_id = errands.ask_for(people.owner.id)
    errands.will_fail(Final("It cannot be had.", code="not_to_be_had"))
    work()
    answer = get(job_id)
    assert told(answer, "status", "place", "result", "error") == (
        *("failed", None, None, {"code": "not_to_be_had", "detail": "It cannot be had."}),
    )
    assert "Retry-After" not in answer.headers


def test_a_job_that_is_tried_again_is_pending_and_says_why(
    errands: Errands, get: Callable[..., TestResponse], people: People, work: Work
) -> None:
    job_id = errands.ask_for(people.owner.id)
    errands.will_fail(TryAgain("They are busy.", code="rate_limited"))
    work()
    assert told(get(job_id), "status", "attempts", "error") == ("pending", 1, {"code": "rate_limited", "detail": "They are busy."})


def test_work_that_waits_for_other_work_is_pending(errands: Errands, get: Callable[..., TestResponse], people: People) -> None:
    assert told(get(errands.ask_for(people.owner.id, waiting=True)), "status", "attempts") == ("pending", 0)


@every_database
def test_the_place_counts_what_everybody_has_waiting_before(errands: Errands, get: Callable[..., TestResponse], people: People) -> None:
    first, second, other, mine, behind = (errands.ask_for(new_id()) for _ in range(5))
    for number, job_id in enumerate((first, other, mine, second, behind)):
        errands.change(job_id, not_before=1000 + number)
    errands.change(second, not_before=1001)
    errands.change(other, kind="drill")
    errands.change(mine, owner_id=uuid.UUID(people.owner.id))
    assert told(get(mine), "place") == (3,)
    errands.change(first, state="working")
    assert told(get(mine), "place") == (2,)


def test_work_that_nobody_asked_for_is_no_job(
    client: FlaskClient,
    people: People,
    upload: Upload,  # noqa: F811
    app: Flask,
) -> None:
    upload()
    with app.app_context(), db.engine.connect() as connection:
        item_id = connection.execute(sa.select(WorkItem.id)).scalars().first()
    for method in ("GET", "DELETE"):
        answer = client.open(f"{JOBS}/{item_id}", method=method, headers=people.owner.headers)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_job_is_its_owners_alone(errands: Errands, client: FlaskClient, people: People, method: str) -> None:
    address = f"{JOBS}/{errands.ask_for(people.owner.id)}"
    stranger = client.open(address, method=method, headers={**people.stranger.headers, "Prefer": "wait=10"})
    assert (stranger.status_code, stranger.get_json()["code"]) == (404, "not_found")
    administrator = client.open(address, method=method, headers=people.admin.headers)
    assert administrator.status_code == 404
    assert client.open(address, method=method).status_code == 401
    assert client.get(address, headers=people.owner.headers).status_code == 200


# -- conditions and waiting


def test_an_unchanged_job_is_304_until_somebody_before_it_is_served(
    errands: Errands, get: Callable[..., TestResponse], people: People
) -> None:
    before, job_id = errands.ask_for(new_id()), errands.ask_for(people.owner.id)
    errands.change(before, not_before=0)
    tag = get(job_id).headers["ETag"]
    again = get(job_id, If_None_Match=tag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    errands.change(before, state="done")
    assert told(get(job_id, If_None_Match=tag), "place") == (1,)


def test_a_waiting_answer_comes_as_soon_as_the_job_is_done(errands: Errands, app: Flask, people: People, work: Work) -> None:
    job_id = errands.ask_for(people.owner.id)
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(lambda: waited_for(app, job_id, people))
        work()
        answer = asking.result()
    assert told(answer, "status", "result") == ("done", {"brought": str(errands.brought[0])})
    assert answer.headers["Preference-Applied"] == "wait=15"
    assert time.monotonic() - begun < 10


def waited_for(app: Flask, job_id: str, people: People) -> TestResponse:
    return app.test_client().get(f"{JOBS}/{job_id}", headers={**people.owner.headers, "Prefer": "wait=15"})


def test_a_waiting_answer_of_a_job_that_is_called_off_is_404(errands: Errands, app: Flask, client: FlaskClient, people: People) -> None:
    job_id = errands.ask_for(people.owner.id)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(lambda: waited_for(app, job_id, people))
        assert errands.looked_at.wait(20)
        assert client.delete(f"{JOBS}/{job_id}", headers=people.owner.headers).status_code == 204
        assert asking.result().status_code == 404


# -- calling off


@every_database
def test_a_pending_job_that_is_called_off_is_never_done(
    errands: Errands, client: FlaskClient, people: People, work: Work, get: Callable[..., TestResponse]
) -> None:
    job_id = errands.ask_for(people.owner.id)
    assert client.delete(f"{JOBS}/{job_id}", headers=people.owner.headers).status_code == 204
    assert len(errands.called_off) == 1
    work()
    assert errands.brought == []
    assert get(job_id).status_code == 404
    assert client.delete(f"{JOBS}/{job_id}", headers=people.owner.headers).status_code == 404
    assert len(errands.called_off) == 1


@every_database
def test_what_a_worker_was_doing_when_it_was_called_off_is_not_recorded(
    errands: Errands, app: Flask, people: People, work: Work, get: Callable[..., TestResponse]
) -> None:
    job_id = errands.ask_for(people.owner.id)
    answers: list[TestResponse] = []

    def call_off() -> None:
        client = app.test_client()
        answers.append(in_a_thread(lambda: client.delete(f"{JOBS}/{job_id}", headers=people.owner.headers)))

    errands.meanwhile = call_off
    work()
    assert [answer.status_code for answer in answers] == [204]
    assert len(errands.called_off) == 1
    assert (errands.brought, errands.failed) == ([], [])
    assert get(job_id).status_code == 404


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_job_that_has_ended_is_forgotten(
    errands: Errands, client: FlaskClient, people: People, get: Callable[..., TestResponse], state: str
) -> None:
    job_id = errands.ask_for(people.owner.id)
    errands.change(job_id, state=state)
    assert client.delete(f"{JOBS}/{job_id}", headers=people.owner.headers).status_code == 204
    assert len(errands.called_off) == 1
    assert get(job_id).status_code == 404


def test_of_many_who_call_off_at_once_one_does(errands: Errands, app: Flask, people: People) -> None:
    address, headers = f"{JOBS}/{errands.ask_for(people.owner.id)}", people.owner.headers
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: app.test_client().delete(address, headers=headers).status_code, range(4)))
    assert sorted(answers) == [204, 404, 404, 404]
    assert len(errands.called_off) == 1


def test_whoever_puts_work_off_knows_its_id(errands: Errands, people: People, queue: HintList) -> None:
    job_id = errands.ask_for(people.owner.id)
    assert queue.take() == [job_id]


@pytest.mark.parametrize(("method", "scope"), [("GET", "images:read"), ("DELETE", "images:write")])
def test_a_key_needs_the_scope(errands: Errands, client: FlaskClient, people: People, method: str, scope: str) -> None:
    address = f"{JOBS}/{errands.ask_for(people.owner.id)}"
    for scopes, expected in ((["shares:write"], 403), ([scope], 200 if method == "GET" else 204)):
        made = client.post("/api/v1/auth/keys", json={"name": "Mine", "scopes": scopes, "expires_in": 60}, headers=people.owner.headers)
        answer = client.open(address, method=method, headers={"Authorization": f"Bearer {made.get_json()['key']}"})
        assert answer.status_code == expected
