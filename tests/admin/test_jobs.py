"""/admin/jobs."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from aizen.auth import letters
from aizen.database import db, utc_now
from aizen.queue import OwnJob, _OwnWorker
from aizen.work.models import WorkItem
from tests.admin.conftest import Audit, Picture
from tests.conftest import People
from tests.images.test_describe_again import wait_for, waiting_for_locks
from tests.services.valkey import Valkey

ADDRESS = "/api/v1/admin/jobs"
ItemOf = Callable[[str, str], str]


def status_of(client: FlaskClient, people: People, image: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/images/{image}/status", headers=people.owner.headers).get_json()
    return found


def retry(client: FlaskClient, people: People, item: str) -> Any:
    return client.post(f"{ADDRESS}/{item}/retry", headers=people.admin.headers)


@pytest.mark.every_database
def test_failed_work_is_listed_with_its_reason_and_its_owner(
    client: FlaskClient, people: People, broken: Picture, picture: Picture, item_of: ItemOf
) -> None:
    image, done = broken(), picture()
    answer = client.get(ADDRESS, headers=people.admin.headers)
    assert answer.status_code == 200
    assert {each["kind"] for each in answer.get_json()} == {"variants", "description"}
    (item,) = client.get(f"{ADDRESS}?kind=variants", headers=people.admin.headers).get_json()
    assert (item["id"], item["subject_id"], item["state"]) == (item_of(image, "variants"), image, "failed")
    assert item["owner"] == {"id": people.owner.id, "email": people.owner.email}
    assert (item["error"]["code"], item["attempts"]) == ("original_missing", 1)
    assert item["request_id"]
    finished = client.get(f"{ADDRESS}?state=done", headers=people.admin.headers).get_json()
    assert {each["subject_id"] for each in finished} == {done}
    page = client.get(f"{ADDRESS}?limit=1", headers=people.admin.headers)
    assert (len(page.get_json()), 'rel="next"' in page.headers["Link"]) == (1, True)


@pytest.mark.every_database
def test_a_retry_makes_the_work_due_and_the_image_say_so(
    client: FlaskClient, people: People, broken: Picture, mend: Any, item_of: ItemOf, work: Callable[[], int], audit: Audit
) -> None:
    image = broken()
    item = item_of(image, "variants")
    assert (status_of(client, people, image)["status"], status_of(client, people, image)["ai_status"]) == ("failed", "failed")
    mend(image)
    answer = retry(client, people, item)
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["error"]) == (202, "pending", None)
    assert (status_of(client, people, image)["status"], status_of(client, people, image)["ai_status"]) == ("processing", "pending")
    work()
    assert (status_of(client, people, image)["status"], status_of(client, people, image)["ai_status"]) == ("ready", "done")
    (action,) = audit()
    assert (action.action, str(action.subject_id), action.subject_label) == ("work.retried", item, "variants")
    assert action.detail == {"subject_id": image, "attempts_before": 1, "error_before": "original_missing"}
    again = retry(client, people, item)
    assert (again.status_code, again.get_json()["code"]) == (409, "nothing_failed")
    assert retry(client, people, str(uuid.uuid4())).status_code == 404
    assert len(audit()) == 1


def test_work_that_is_done_is_not_run_again_for_the_failed_work_beside_it(
    client: FlaskClient, people: People, picture: Picture, item_of: ItemOf, execute: Any
) -> None:
    image = picture()
    execute(sa.update(WorkItem).where(WorkItem.kind == "description").values(state="failed"))
    assert retry(client, people, item_of(image, "variants")).status_code == 409
    assert retry(client, people, item_of(image, "description")).status_code == 202
    assert status_of(client, people, image)["status"] == "ready"


@pytest.mark.every_database
def test_all_failed_work_of_a_kind_or_of_every_kind_is_due_again(
    client: FlaskClient, people: People, broken: Picture, picture: Picture, execute: Any, audit: Audit
) -> None:
    images = [broken(), broken(people.stranger)]
    described = picture()
    execute(sa.update(WorkItem).where(WorkItem.subject_id == uuid.UUID(described)).values(state="failed"))
    answer = client.post(f"{ADDRESS}/retry", headers=people.admin.headers, json={"kind": "no such kind"})
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/kind")
    assert "description" in answer.get_json()["errors"][0]["allowed"]
    answer = client.post(f"{ADDRESS}/retry", headers=people.admin.headers, json={})
    assert (answer.status_code, answer.get_json()) == (202, {"retried": 6, "left": 0})
    assert status_of(client, people, images[0])["status"] == "processing"
    assert [(each.action, each.subject_label, each.detail) for each in audit()] == [
        ("work.all_retried", "every kind", {"retried": 6, "left": 0}),
    ]


@pytest.mark.parametrize("is_all", [False, True])
def test_a_retry_and_a_deletion_at_once_do_not_wait_for_each_other(
    app: Flask, people: People, broken: Picture, item_of: ItemOf, is_all: bool
) -> None:
    image, headers = broken(), people.admin.headers
    first, second = (uuid.UUID(item_of(image, kind)) for kind in ("variants", "description"))
    address = f"{ADDRESS}/retry" if is_all else f"{ADDRESS}/{second}/retry"

    def ask() -> int:
        return app.test_client().post(address, headers=headers, json={} if is_all else None).status_code

    with app.app_context(), ThreadPoolExecutor(1) as pool, db.engine.begin() as deletion:
        deletion.execute(sa.select(WorkItem.id).where(WorkItem.id == first).with_for_update())
        asked = pool.submit(ask)
        wait_for(lambda: waiting_for_locks(app) == 1)
        # Whoever retries waits at the first piece and has not locked the second: a deletion goes on.
        deletion.execute(sa.select(WorkItem.id).where(WorkItem.id == second).with_for_update(nowait=True))
        deletion.rollback()
        assert asked.result() == 202


@pytest.fixture
def failed(people: People, execute: Any) -> Callable[[str], str]:
    """The id of a failed piece of work of that kind, on the owner."""

    def make(kind: str) -> str:
        item, owner = uuid.uuid4(), uuid.UUID(people.owner.id)
        columns = {"kind": kind, "subject_id": owner, "owner_id": owner, "state": "failed"}
        execute(sa.insert(WorkItem).values(id=item, attempts=3, not_before=0, created_at=utc_now(), **columns))
        return str(item)

    return make


@pytest.mark.parametrize("occasion", letters.OCCASIONS, ids=lambda occasion: str(occasion.kind))
def test_letters_are_sent_late_only_if_somebody_says_so(
    client: FlaskClient, people: People, failed: Callable[[str], str], occasion: letters.Occasion
) -> None:
    item = failed(occasion.kind)
    everything = client.post(f"{ADDRESS}/retry", headers=people.admin.headers, json={})
    assert everything.get_json() == {"retried": 0, "left": 0}
    named = client.post(f"{ADDRESS}/retry", headers=people.admin.headers, json={"kind": occasion.kind})
    assert named.get_json() == {"retried": 1, "left": 0}
    assert retry(client, people, item).status_code == 409


def test_one_letter_is_sent_late(client: FlaskClient, people: People, failed: Callable[[str], str]) -> None:
    assert retry(client, people, failed("send_changed")).status_code == 202


def test_what_goes_with_the_kind_that_is_named_is_counted(client: FlaskClient, people: People, broken: Picture, audit: Audit) -> None:
    broken()
    answer = client.post(f"{ADDRESS}/retry", headers=people.admin.headers, json={"kind": "variants"})
    assert answer.get_json() == {"retried": 2, "left": 0}
    assert audit()[0].detail == {"retried": 2, "left": 0}


def test_failed_work_of_a_kind_that_nobody_knows_any_more_is_due_again(
    client: FlaskClient, people: People, failed: Callable[[str], str]
) -> None:
    assert retry(client, people, failed("of another release")).get_json()["state"] == "pending"


# -- who works


@pytest.mark.every_database
def test_unfinished_work_is_counted_by_kind_and_state(client: FlaskClient, people: People, broken: Picture, picture: Picture) -> None:
    broken()
    picture()
    summary = client.get(f"{ADDRESS}/summary", headers=people.admin.headers).get_json()
    assert summary["counts"] == [
        {"kind": "description", "state": "failed", "count": 1},
        {"kind": "variants", "state": "failed", "count": 1},
    ]


def test_a_redis_that_is_down_is_told_and_no_error(client: FlaskClient, people: People, queue: Any) -> None:
    queue.is_down = True
    for address in (f"{ADDRESS}/summary", "/api/v1/admin/overview"):
        answer = client.get(address, headers=people.admin.headers)
        assert answer.status_code == 200
        told = answer.get_json()["queue"]
        assert told["unavailable"] == "ConnectionError"
        assert not told["workers"]
        assert told.get("queue_length", told.get("length")) is None


def test_workers_that_are_alive_are_named(make_app: Callable[..., Flask], people: People, valkey: Valkey) -> None:
    client = make_app(redis_url=valkey.url, redis_seconds=2).test_client()
    connection = Redis.from_url(valkey.url)
    queue = Queue("aizen", connection=connection, serializer=JSONSerializer, job_class=OwnJob)
    worker = _OwnWorker([queue], connection=connection, job_class=OwnJob, serializer=JSONSerializer)
    worker.register_birth()  # type: ignore[no-untyped-call]
    try:
        told = client.get(f"{ADDRESS}/summary", headers=people.admin.headers).get_json()["queue"]
        (seen,) = [each for each in told["workers"] if each["name"] == worker.name]
        assert (seen["host"], seen["state"], told["unavailable"]) == (socket.gethostname(), "idle", None)
        assert seen["last_heartbeat"]
        worker.set_state("busy")
        told = client.get(f"{ADDRESS}/summary", headers=people.admin.headers).get_json()["queue"]
        assert [each["state"] for each in told["workers"] if each["name"] == worker.name] == ["busy"]
        assert client.get("/api/v1/admin/overview", headers=people.admin.headers).get_json()["queue"]["workers"] >= 1
    finally:
        worker.register_death()  # type: ignore[no-untyped-call]
        connection.close()
