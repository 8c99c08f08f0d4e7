"""POST /api/v1/images/{id}/describe."""

from __future__ import annotations

import threading
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

from aizen.database import db, new_id, transaction
from aizen.errors import Final
from aizen.work import items
from aizen.work.models import WorkItem
from tests.conftest import Backend, People
from tests.fakes import HintList, ScriptedDescriber
from tests.images.conftest import URL, Upload

every_database = pytest.mark.every_database
Ready = Callable[..., dict[str, Any]]


@pytest.fixture
def describe(client: FlaskClient, people: People) -> Callable[[dict[str, Any]], TestResponse]:
    def send(image: dict[str, Any]) -> TestResponse:
        return client.post(f"{image['links']['self']}/describe", headers=people.owner.headers)

    return send


@pytest.fixture
def now(client: FlaskClient, people: People) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def look(image: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = client.get(image["links"]["self"], headers=people.owner.headers).get_json()
        return found

    return look


Describe = Callable[[dict[str, Any]], TestResponse]
Now = Callable[[dict[str, Any]], dict[str, Any]]


@every_database
def test_a_described_image_is_described_anew(
    ready: Ready, describe: Describe, now: Now, work: Callable[[], int], describer: ScriptedDescriber
) -> None:
    image = ready()
    describer.will_say("Something else.", alt="Else.")
    answer = describe(image)
    assert (answer.status_code, answer.headers["Location"]) == (202, f"{image['links']['self']}/status")
    assert answer.get_json()["ai_status"] == "pending"
    # What was said stays until there is more.
    assert now(image)["ai"]["description"] == "A scripted description."
    assert work() == 1
    assert (now(image)["ai"]["status"], now(image)["ai"]["description"]) == ("done", "Something else.")


@every_database
def test_an_image_that_was_to_have_no_description_gets_one(ready: Ready, describe: Describe, now: Now, work: Callable[[], int]) -> None:
    image = ready(describe="false")
    assert image["ai"]["status"] == "skipped"
    assert describe(image).status_code == 202
    work()
    assert (now(image)["ai"]["status"], now(image)["alt_status"]) == ("done", "suggested")


@every_database
def test_a_failed_description_is_tried_again(
    ready: Ready, describe: Describe, now: Now, work: Callable[[], int], describer: ScriptedDescriber
) -> None:
    describer.will_fail(Final("No.", code="blocked"))
    image = ready()
    assert (image["ai"]["status"], image["ai"]["error"]) == ("failed", "blocked")
    describe(image)
    work()
    assert (now(image)["ai"]["status"], now(image)["ai"]["error"]) == ("done", None)


@every_database
@pytest.mark.parametrize("wanted", ["true", "false"])
def test_an_image_in_the_making_is_described_once_it_is_ready(
    upload: Upload, describe: Describe, now: Now, work: Callable[[], int], describer: ScriptedDescriber, wanted: str
) -> None:
    image = upload(describe=wanted).get_json()
    for _ in range(2):
        assert describe(image).status_code == 202
    work()
    assert now(image)["ai"]["status"] == "done"
    assert len(describer.seen) == 1


def test_asking_twice_asks_the_describer_once(
    ready: Ready, describe: Describe, describer: ScriptedDescriber, work: Callable[[], int]
) -> None:
    image = ready()
    assert [describe(image).status_code for _ in range(3)] == [202, 202, 202]
    work()
    assert len(describer.seen) == 2


def test_many_at_once_ask_the_describer_once(
    app: Flask, people: People, ready: Ready, work: Callable[[], int], describer: ScriptedDescriber
) -> None:
    image, headers, together = ready(describe="false"), people.owner.headers, threading.Barrier(6)

    def ask() -> int:
        together.wait(30)
        return app.test_client().post(f"{image['links']['self']}/describe", headers=headers).status_code

    with ThreadPoolExecutor(6) as pool:
        assert [each.result() for each in [pool.submit(ask) for _ in range(6)]] == [202] * 6
    work()
    assert len(describer.seen) == 1


def test_an_image_that_is_deleted_at_that_moment_leaves_no_work(app: Flask, people: People, ready: Ready, work: Callable[[], int]) -> None:
    for _ in range(3):
        image, headers, together = ready(describe="false"), people.owner.headers, threading.Barrier(2)
        with app.app_context(), db.engine.begin() as held:
            held.execute(sa.select(WorkItem.id).with_for_update())

            def ask(method: str, address: str, *, headers: dict[str, str] = headers, together: threading.Barrier = together) -> int:
                together.wait(30)
                return app.test_client().open(address, method=method, headers=headers).status_code

            own = image["links"]["self"]
            with ThreadPoolExecutor(2) as pool:
                asked = [pool.submit(ask, "DELETE", own), pool.submit(ask, "POST", f"{own}/describe")]
                # Both are at the work items, and wait for us.
                wait_for(lambda: waiting_for_locks(app) == 2)
                held.rollback()
                assert asked[0].result() == 204
                assert asked[1].result() in (202, 404)
        with app.app_context(), db.engine.connect() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(WorkItem)) == 0
        work()


def waiting_for_locks(app: Flask) -> int:
    with app.app_context(), db.engine.connect() as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return connection.scalar(sa.text(asked)) or 0


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_work_whose_image_is_gone_goes_too(
    backend: Backend, people: People, ready: Ready, work: Callable[[], int], tick: Callable[[], object]
) -> None:
    owner_id = uuid.UUID(people.owner.id)
    with backend.app.app_context(), transaction():
        items.put_off("description", subject_id=new_id(), owner_id=owner_id, adapters=backend.adapters)
    work()
    with backend.app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(WorkItem)) == 0


def test_an_image_that_could_not_be_resized_is_409(
    upload: Upload, describe: Describe, work: Callable[[], int], backend: Backend, queue: HintList
) -> None:
    image = upload().get_json()
    for stored in list(backend.adapters.storage.objects()):
        backend.adapters.storage.delete(stored.key)
    work()
    answer = describe(image)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_picture")


def test_a_strangers_image_is_404(client: FlaskClient, people: People, ready: Ready) -> None:
    own = ready()["links"]["self"]
    assert client.post(f"{own}/describe", headers=people.stranger.headers).status_code == 404
    assert client.post(f"{URL}/{people.owner.id}/describe", headers=people.owner.headers).status_code == 404


def test_descriptions_are_limited_by_user(people: People, ready: Ready, make_app: Callable[..., Flask]) -> None:
    image = ready()
    client = make_app(rate_limit_describe="2 per hour").test_client()
    codes = [client.post(f"{image['links']['self']}/describe", headers=people.owner.headers).status_code for _ in range(3)]
    assert codes == [202, 202, 429]
