"""What becomes of an order: painters that answer nonsense, fail, or answer when nobody wants the picture any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from aizen.app import create_app
from aizen.database import db
from aizen.errors import Final, OutOfSpace, TryAgain, Unavailable
from aizen.settings import Settings
from aizen.settings.budgets import Price
from aizen.storage import Storage
from aizen.work import jobs
from aizen.work.models import WorkItem
from tests import pictures
from tests.conftest import Backend, People
from tests.fakes import ScriptedPainter
from tests.generation.conftest import IMAGES, Generate, Look
from tests.images.conftest import work_off
from tests.images.test_describe_again import wait_for, waiting_for_locks

HOSTILE = {
    "a page": b"<!doctype html><title>Loading</title>",
    "an object": b'{"error": "Model is loading"}',
    "nothing": b"",
    "a beginning": pictures.jpeg(600, 400)[:2000],
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a bomb": pictures.png_of_size(30_000, 30_000),
}


def test_an_answer_that_is_no_picture_of_ours_fails_and_leaves_nothing(
    generate: Generate,
    look: Look,
    error_of: Callable[[str], tuple[str, str]],
    painter: ScriptedPainter,
    work: Callable[[], int],
    assert_clean: Callable[[], None],
) -> None:
    for name, data in HOSTILE.items():
        painter.will_paint(data)
        made = generate().get_json()
        work()
        image = look(made["id"])
        assert (image["status"], image["image_url"], image["ai"]["status"], image["ai"]["error"]) == (
            *("failed", None, "failed", "no_picture"),
        ), name
        assert error_of(made["id"]) == ("failed", "malformed_answer"), name
    assert_clean()


def test_an_answer_over_the_size_of_uploads_is_refused(
    backend: Backend,
    make_app: Callable[..., Flask],
    generate: Generate,
    painter: ScriptedPainter,
    error_of: Callable[[str], tuple[str, str]],
) -> None:
    painter.will_paint(pictures.jpeg_of_bytes(6000))
    made = generate().get_json()
    work_off(make_app(max_image_size=5000), backend)
    assert error_of(made["id"]) == ("failed", "malformed_answer")


def test_a_painter_that_is_busy_is_asked_again_and_a_failed_image_by_its_owner(
    client: FlaskClient,
    people: People,
    generate: Generate,
    look: Look,
    error_of: Callable[[str], tuple[str, str]],
    painter: ScriptedPainter,
    work: Callable[[], int],
    work_later: Callable[[], None],
    settings: Settings,
) -> None:
    for _ in range(settings.job_attempts):
        painter.will_fail(TryAgain(code="rate_limited", retry_after=1))
    made = generate().get_json()
    work()
    assert (look(made["id"])["status"], error_of(made["id"])) == ("generating", ("pending", "rate_limited"))
    for _ in range(settings.job_attempts - 1):
        work_later()
    assert (look(made["id"])["status"], error_of(made["id"])) == ("failed", ("failed", "rate_limited"))
    retried = client.post(f"{IMAGES}/{made['id']}/retry", headers=people.owner.headers)
    assert (retried.status_code, retried.get_json()["status"]) == (202, "generating")
    work()
    image = look(made["id"])
    assert (image["status"], image["ai"]["status"]) == ("ready", "done")
    # The same order, not another one.
    assert len({order.seed for order in painter.orders}) == 1


def test_a_retry_needs_and_counts_what_an_order_does(
    backend: Backend, client: FlaskClient, people: People, make_app: Callable[..., Flask], generate: Generate, painter: ScriptedPainter
) -> None:
    bounded = make_app(generations_per_day=2)
    for _ in range(2):
        painter.will_fail(Final(code="blocked"))
    image_id = generate(through=bounded.test_client()).get_json()["id"]
    work_off(bounded, backend)
    url, through = f"{IMAGES}/{image_id}/retry", bounded.test_client()
    made = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "k", "scopes": ["images:write"]}).get_json()
    refused = through.post(url, headers={"Authorization": f"Bearer {made['key']}"})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "scope_missing")
    unverified = make_app(email_verification="required").test_client().post(url, headers=people.owner.headers)
    assert (unverified.status_code, unverified.get_json()["code"]) == (403, "email_not_verified")
    assert through.post(url, headers=people.owner.headers).status_code == 202
    work_off(bounded, backend)
    over = through.post(url, headers=people.owner.headers)
    assert (over.status_code, over.get_json()["code"]) == (429, "generation_quota_exceeded")
    assert len(painter.orders) == 2
    # In the trash nothing is begun.
    client.post(f"{IMAGES}/{image_id}/trash", headers=people.owner.headers)
    trashed = client.post(url, headers=people.owner.headers)
    assert (trashed.status_code, trashed.get_json()["code"]) == (409, "trashed")


def test_an_administrator_may_run_it_again(
    client: FlaskClient, people: People, generate: Generate, look: Look, painter: ScriptedPainter, work: Callable[[], int]
) -> None:
    painter.will_fail(Final(code="blocked"))
    made = generate().get_json()
    work()
    (failed,) = client.get("/api/v1/admin/jobs?state=failed&kind=generation", headers=people.admin.headers).get_json()
    assert client.post(f"/api/v1/admin/jobs/{failed['id']}/retry", headers=people.admin.headers).status_code == 202
    work()
    assert look(made["id"])["status"] == "ready"


def test_what_is_called_off_before_a_worker_comes_is_gone(
    client: FlaskClient, people: People, generate: Generate, painter: ScriptedPainter, work: Callable[[], int], count: Callable[[], int]
) -> None:
    job = generate().headers["Location"]
    assert client.delete(job, headers=people.stranger.headers).status_code == 404
    assert client.delete(job, headers=people.owner.headers).status_code == 204
    work()
    assert (count(), painter.orders) == (0, [])


@pytest.mark.every_backend
@pytest.mark.parametrize("by", ["job", "image"])
def test_what_is_called_off_while_it_is_painted_leaves_nothing(
    client: FlaskClient,
    people: People,
    generate: Generate,
    painter: ScriptedPainter,
    work: Callable[[], int],
    count: Callable[[], int],
    assert_clean: Callable[[], None],
    by: str,
) -> None:
    answer = generate()
    path = answer.headers["Location"] if by == "job" else f"{IMAGES}/{answer.get_json()['id']}"
    statuses = []
    painter.meanwhile = lambda: statuses.append(client.delete(path, headers=people.owner.headers).status_code)
    work()
    assert statuses == [204]
    assert count() == 0
    assert_clean()


def test_the_picture_says_that_a_model_has_made_it(
    client: FlaskClient, generate: Generate, look: Look, painter: ScriptedPainter, work: Callable[[], int]
) -> None:
    painter.will_paint(pictures.png(640, 480))
    image_id = generate().get_json()["id"]
    work()
    image = look(image_id)
    assert image["digital_source_type"] == "trainedAlgorithmicMedia"
    for address in (image["image"], *(each["url"] for each in image["variants"])):
        opened = client.get(address)
        assert b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" in opened.get_data(), address
        opened.close()


def test_what_no_model_has_made_does_not_say_so(
    backend: Backend, generate: Generate, look: Look, work: Callable[[], int], painter: ScriptedPainter
) -> None:
    painter.name = "offline"
    try:
        image_id = generate().get_json()["id"]
        work()
    finally:
        painter.name = "scripted"
    assert look(image_id)["digital_source_type"] == "algorithmicMedia"


def test_a_job_that_is_done_is_forgotten_and_its_image_stays(
    client: FlaskClient, people: People, generate: Generate, look: Look, work: Callable[[], int]
) -> None:
    answer = generate()
    work()
    assert client.delete(answer.headers["Location"], headers=people.owner.headers).status_code == 204
    assert client.get(answer.headers["Location"], headers=people.owner.headers).status_code == 404
    assert look(answer.get_json()["id"])["status"] == "ready"


def test_two_workers_on_one_order_have_one_effect(
    backend: Backend,
    generate: Generate,
    look: Look,
    painter: ScriptedPainter,
    work: Callable[[], int],
    assert_clean: Callable[[], None],
) -> None:
    made = generate().get_json()
    backend.queue.hints *= 5
    work()
    assert len(painter.orders) == 1
    assert look(made["id"])["status"] == "ready"
    assert_clean()


def test_one_picture_of_a_user_is_painted_at_a_time_and_apart_from_other_work(
    backend: Backend, generate: Generate, painter: ScriptedPainter, people: People, work: Callable[[], int]
) -> None:
    for person in (*[people.owner] * 3, people.stranger):
        generate(person=person, describe=False)
    assert (len(backend.queue.hints), set(backend.queue.hints)) == (2, backend.queue.slow)
    work()
    assert len(painter.orders) == 4
    # The variants of what was painted are nobody's slow work.
    assert len(backend.queue.slow) == 4 == len(backend.queue.timeouts) - 4


def test_a_picture_that_its_owner_may_not_keep_fails_and_may_be_retried(
    backend: Backend,
    client: FlaskClient,
    people: People,
    make_app: Callable[..., Flask],
    generate: Generate,
    error_of: Callable[[str], tuple[str, str]],
    painter: ScriptedPainter,
    work: Callable[[], int],
    assert_clean: Callable[[], None],
) -> None:
    made = generate().get_json()
    # Nobody paints what there is no room for, whatever it will take.
    work_off(make_app(storage_quota=10), backend)
    assert (error_of(made["id"]), painter.orders) == (("failed", "quota_exceeded"), [])
    # There was room for a small one, and a large one came.
    assert client.post(f"{IMAGES}/{made['id']}/retry", headers=people.owner.headers).status_code == 202
    painter.will_paint(pictures.noise(300, 300))
    work_off(make_app(storage_quota=150_000), backend)
    assert error_of(made["id"]) == ("failed", "quota_exceeded")
    assert_clean()
    assert client.post(f"{IMAGES}/{made['id']}/retry", headers=people.owner.headers).status_code == 202
    work()
    assert error_of(made["id"]) == ("done", "")
    assert_clean()


def test_a_failed_order_is_settled_and_its_retry_brings_everything(
    client: FlaskClient, people: People, generate: Generate, look: Look, painter: ScriptedPainter, work: Callable[[], int]
) -> None:
    def states() -> list[tuple[str, str]]:
        # Whoever waits for the image hears at once that nothing more is to come.
        begun = time.monotonic()
        answer = client.get(f"{IMAGES}/{image_id}/status", headers={**people.owner.headers, "Prefer": "wait=20"})
        assert time.monotonic() - begun < 10
        return [(each["kind"], each["state"]) for each in answer.get_json()["work"]]

    painter.will_fail(Final(code="blocked"))
    image_id = generate().get_json()["id"]
    work()
    assert states() == [("generation", "failed"), ("variants", "failed"), ("description", "failed")]
    assert client.post(f"{IMAGES}/{image_id}/retry", headers=people.owner.headers).status_code == 202
    # The variants wait for the picture: nobody is told of them before it is there.
    assert work() == 3
    assert states() == [("generation", "done"), ("variants", "done"), ("description", "done")]
    assert look(image_id)["status"] == "ready"


def test_deleting_an_image_while_its_variants_are_recorded_is_no_deadlock(
    backend: Backend, people: People, generate: Generate, count: Callable[[], int], assert_clean: Callable[[], None]
) -> None:
    own = f"{IMAGES}/{generate().get_json()['id']}"
    with backend.app.app_context():
        (order,) = backend.queue.take()
        jobs.perform(order)
        (rendering,) = backend.queue.take()

    def render() -> None:
        with backend.app.app_context():
            jobs.perform(rendering)

    def delete() -> int:
        return backend.app.test_client().delete(own, headers=people.owner.headers).status_code

    with backend.app.app_context(), db.engine.begin() as held, ThreadPoolExecutor(2) as pool, capture_logs() as logs:
        held.execute(sa.select(WorkItem.id).where(WorkItem.kind == "description").with_for_update())
        deleting = pool.submit(delete)
        wait_for(lambda: waiting_for_locks(backend.app) == 1)
        recording = pool.submit(render)
        wait_for(lambda: waiting_for_locks(backend.app) == 2)
        held.rollback()
        assert deleting.result(30) == 204
        recording.result(30)
    # The worker has lost its lease, of which it says nothing at this level; a deadlock would be a failure of the work, or of its record.
    assert [each for each in logs if "work_item" in each or "work" in each["event"]] == []
    assert count() == 0
    assert_clean()


class Stumbling:
    """A storage that fails in these ways, one after the other, when something is put into it."""

    def __init__(self, storage: Storage, *failures: Exception) -> None:
        self._real, self._left = storage, list(failures)

    def put(self, *what: Any, **how: Any) -> None:
        if self._left:
            raise self._left.pop(0)
        self._real.put(*what, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_what_was_painted_is_held_while_the_storage_is_out_or_full(
    backend: Backend, generate: Generate, look: Look, painter: ScriptedPainter, work: Callable[[], int], assert_clean: Callable[[], None]
) -> None:
    made = generate().get_json()
    settings = replace(backend.settings, job_retry_seconds=0.01)
    storage: Any = Stumbling(backend.adapters.storage, Unavailable(code="storage_unavailable"), OutOfSpace(), OutOfSpace())
    app = create_app(settings, replace(backend.adapters, settings=settings, storage=storage))
    work_off(app, backend)
    work()
    assert (look(made["id"])["status"], len(painter.orders)) == ("ready", 1)
    assert_clean()
    with app.app_context():
        db.engine.dispose()


def test_two_equal_pictures_are_told_to_be_equal(generate: Generate, look: Look, painter: ScriptedPainter, work: Callable[[], int]) -> None:
    first, second = (generate().get_json()["id"] for _ in range(2))
    for _ in range(2):
        painter.will_paint(pictures.jpeg(320, 240))
    work()
    assert [look(each)["duplicate_of"] for each in (first, second)] == [None, first]


def test_nothing_is_painted_for_a_closed_account(
    backend: Backend, client: FlaskClient, people: People, generate: Generate, painter: ScriptedPainter, work: Callable[[], int]
) -> None:
    generate()
    gone = client.delete("/api/v1/auth/profile", headers=people.owner.headers, json={"password": people.owner.password})
    assert gone.status_code == 204
    work()
    assert painter.orders == []


def test_the_ledger_has_the_call_and_a_budget_ends_it(
    backend: Backend,
    client: FlaskClient,
    people: People,
    make_app: Callable[..., Flask],
    generate: Generate,
    look: Look,
    error_of: Callable[[str], tuple[str, str]],
    painter: ScriptedPainter,
) -> None:
    painter.will_fail(Final(code="blocked"))
    price = Price(painter.model, per_call=Decimal("0.04"))
    bounded = make_app(ai_budget_user_calls=2, ai_prices=(price,))
    images = [generate(describe=False).get_json()["id"] for _ in range(3)]
    work_off(bounded, backend)
    assert [error_of(each) for each in images] == [("failed", "blocked"), ("done", ""), ("failed", "budget_exceeded")]
    assert len(painter.orders) == 2
    calls = client.get("/api/v1/admin/ai/calls", headers=people.admin.headers).get_json()
    assert [(each["service"], each["outcome"], each["cost_micros"], each["image_id"]) for each in calls] == [
        ("generation", "done", 40_000, images[1]),
        ("generation", "blocked", None, images[0]),
    ]
    # Once there is a budget again, it is painted.
    assert client.post(f"{IMAGES}/{images[2]}/retry", headers=people.owner.headers).status_code == 202
    work_off(backend.app, backend)
    assert look(images[2])["status"] == "ready"


def test_the_ledger_tells_what_was_drawn_offline_as_that(
    backend: Backend, client: FlaskClient, people: People, generate: Generate, painter: ScriptedPainter
) -> None:
    offline = ScriptedPainter(name="offline", model="placard-1")
    prices = tuple(Price(each, per_call=Decimal("0.04")) for each in ("lab/other", "placard-1"))
    settings = replace(backend.settings, ai_prices=prices, hf_base_url="http://127.0.0.1:9/{model}", hf_models=("lab/other",))
    painter.will_fail(Final(code="blocked"))
    app = create_app(settings, replace(backend.adapters, settings=settings, painters=(painter, offline)))
    assert generate(through=app.test_client(), model="lab/other", describe=False).status_code == 202
    work_off(app, backend)
    calls = client.get("/api/v1/admin/ai/calls?service=generation", headers=people.admin.headers).get_json()
    assert [(each["provider"], each["model"], each["outcome"], each["cost_micros"]) for each in calls] == [
        ("offline", "placard-1", "done", None),
        ("scripted", "lab/other", "blocked", None),
    ]
    with app.app_context():
        db.engine.dispose()


def test_a_model_that_is_gone_leaves_the_others_open(
    backend: Backend, people: People, generate: Generate, painter: ScriptedPainter
) -> None:
    settings = replace(backend.settings, hf_base_url="http://127.0.0.1:9/{model}", hf_models=("gone/model",), ai_breaker_failures=3)
    app = create_app(settings, replace(backend.adapters, settings=settings))
    through = app.test_client()
    for _ in range(3):
        painter.will_fail(Final(code="unknown_model"))
        generate(through=through, model="gone/model", describe=False)
        work_off(app, backend)
    generate(through=through, model="gone/model", describe=False)
    mine = generate(through=through, person=people.stranger, describe=False).get_json()["id"]
    work_off(app, backend)
    assert [order.model for order in painter.orders] == ["gone/model"] * 3 + [None]
    seen = through.get(f"{IMAGES}/{mine}", headers=people.stranger.headers).get_json()
    assert seen["status"] == "ready"
    with app.app_context():
        db.engine.dispose()


def test_a_description_that_is_asked_for_meanwhile_is_made_once(
    client: FlaskClient, people: People, generate: Generate, look: Look, backend: Backend, work: Callable[[], int]
) -> None:
    made = generate(describe=False).get_json()
    assert client.post(f"{IMAGES}/{made['id']}/describe", headers=people.owner.headers).status_code == 202
    work()
    assert look(made["id"])["ai"]["status"] == "done"
    assert len(backend.describer.seen) == 1
