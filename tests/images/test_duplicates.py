"""Uploads of bytes that are there already: answered with what is there, or kept beside it; and described once."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.ai import Answer, Sight
from aizen.ai.offline import OfflineDescriber
from aizen.auth.models import User
from aizen.database import db
from aizen.errors import Final, TryAgain
from aizen.images import describing
from aizen.images.models import Image
from aizen.work import clock, items, jobs
from aizen.work.models import WorkItem
from tests import pictures
from tests.conftest import Backend, People
from tests.fakes import HintList, ScriptedDescriber
from tests.images.conftest import Traces, Upload, work_off

every_backend = pytest.mark.every_backend
every_database = pytest.mark.every_database
Ready = Callable[..., dict[str, Any]]
Now = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def now(client: FlaskClient, people: People) -> Now:
    def look(image: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = client.get(image["links"]["self"], headers=people.owner.headers).get_json()
        return found

    return look


@pytest.fixture
def kept(backend: Backend, people: People) -> Callable[[], int]:
    """The bytes that the owner keeps, as they are noted."""

    def look() -> int:
        with backend.app.app_context(), db.engine.connect() as connection:
            return connection.scalar(sa.select(User.storage_used).where(User.id == uuid.UUID(people.owner.id))) or 0

    return look


def change(backend: Backend, image: dict[str, Any], **columns: Any) -> None:
    with backend.app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(Image).where(Image.id == uuid.UUID(image["id"])).values(**columns))


def kinds_of_work(backend: Backend, image: dict[str, Any]) -> set[str]:
    with backend.app.app_context(), db.engine.connect() as connection:
        return set(connection.scalars(sa.select(WorkItem.kind).where(WorkItem.subject_id == uuid.UUID(image["id"]))))


# -- on_duplicate


@every_backend
def test_return_answers_the_image_that_is_there_and_stores_nothing(
    upload: Upload, ready: Ready, traces: Callable[[], Traces], kept: Callable[[], int], tick: Callable[[], clock.Tick]
) -> None:
    first = ready(title="First")
    ready(title="Second")
    before, bytes_before = traces(), kept()
    answer = upload(title="Third", on_duplicate="return", name="another.jpg")
    assert (answer.status_code, answer.headers["Location"]) == (200, first["links"]["self"])
    assert answer.get_json() == first
    assert answer.headers["ETag"]
    assert (traces(), kept()) == (before, bytes_before)
    # With a key it is done once as well, and a key that has made something is used up.
    for expected in ({}, {"Idempotency-Replayed": "true"}):
        again = upload(on_duplicate="return", headers={"Idempotency-Key": "k"})
        assert (again.status_code, again.get_json()["id"]) == (200, first["id"])
        assert {name: value for name, value in again.headers.items() if name == "Idempotency-Replayed"} == expected
    assert upload(headers={"Idempotency-Key": "k"}).get_json()["code"] == "idempotency_key_reused"
    tick()
    assert traces() == replace(before, idempotency_keys=1)


def test_return_makes_an_image_where_none_is_there(upload: Upload, people: People, ready: Ready, backend: Backend) -> None:
    trashed = ready()
    change(backend, trashed, trashed_at=datetime.now(UTC))
    theirs = upload(person=people.stranger).get_json()
    made = upload(on_duplicate="return")
    assert made.status_code == 201
    # Neither what lies in the trash nor what is somebody else's is told.
    assert made.get_json()["id"] not in (trashed["id"], theirs["id"])
    assert made.get_json()["duplicate_of"] is None
    assert upload(on_duplicate="return", data=pictures.jpeg(color="red")).status_code == 201


def test_an_image_that_is_there_is_answered_though_there_is_no_room_for_it(
    upload: Upload, ready: Ready, make_app: Callable[..., Flask]
) -> None:
    data = pictures.jpeg_of_bytes(9000)
    first = ready(data)
    client = make_app(storage_quota=len(data) + 1000).test_client()
    assert upload(data, through=client).status_code == 413
    answer = upload(data, through=client, on_duplicate="return")
    assert (answer.status_code, answer.get_json()["id"]) == (200, first["id"])


def test_it_is_keep_or_return_and_old_addresses_know_neither(
    upload: Upload, ready: Ready, client: FlaskClient, people: People, traces: Callable[[], Traces]
) -> None:
    ready()
    refused = upload(on_duplicate="perhaps")
    assert (refused.status_code, refused.get_json()["errors"][0]["allowed"]) == (422, ["keep", "return"])
    sent = {"image": (io.BytesIO(pictures.jpeg()), "blue.jpg"), "on_duplicate": "return"}
    assert client.post("/api/images/upload/", headers=people.owner.headers, data=sent).status_code == 201
    assert traces().images == 2


@every_database
def test_of_equal_uploads_at_once_return_makes_one_and_keep_names_one(
    app: Flask, upload: Upload, people: People, traces: Callable[[], Traces], tick: Callable[[], clock.Tick], kept: Callable[[], int]
) -> None:
    data, person = pictures.jpeg(), people.owner
    answers = at_once(6, lambda: upload(data, person=person, through=app.test_client(), on_duplicate="return"))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201], [answer.text for answer in answers]
    (first,) = {answer.get_json()["id"] for answer in answers}
    tick()
    left = traces()
    assert (left.images, len(left.objects), left.removals, left.work_items, kept()) == (1, 1, 0, 2, len(data))
    other = pictures.jpeg(color="red")
    answers = at_once(6, lambda: upload(other, person=person, through=app.test_client()))
    assert [answer.status_code for answer in answers] == [201] * 6, [answer.text for answer in answers]
    named = [answer.get_json()["duplicate_of"] for answer in answers]
    (oldest,) = {each for each in named if each is not None}
    assert (named.count(None), oldest != first) == (1, True)


def at_once(count: int, act: Callable[[], TestResponse]) -> list[TestResponse]:
    together = threading.Barrier(count)

    def start() -> TestResponse:
        together.wait(30)
        return act()

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(start) for _ in range(count)]]


# -- one description


@every_database
def test_what_a_model_has_said_is_said_of_the_same_bytes_without_asking_again(
    ready: Ready,
    upload: Upload,
    describer: ScriptedDescriber,
    backend: Backend,
    client: FlaskClient,
    people: People,
    now: Now,
    work: Callable[[], int],
) -> None:
    describer.will_say("A mountain under clouds.", alt="Mountain.", tags=("mountain",))
    first = ready()
    second = upload(title="Again").get_json()
    assert second["ai"] == first["ai"]
    assert (second["ai"]["status"], second["alt_status"], second["duplicate_of"]) == ("done", "suggested", first["id"])
    assert upload(alt="My own").get_json()["alt_status"] == "approved"
    assert upload(describe="false").get_json()["ai"]["status"] == "skipped"
    assert upload(person=people.stranger).get_json()["ai"]["status"] == "pending"
    assert kinds_of_work(backend, second) == {"variants"}
    assert len(client.get("/api/v1/images?search=clouds", headers=people.owner.headers).get_json()) == 3
    work()
    assert now(second)["status"] == "ready"
    # The stranger's is looked at by itself.
    assert len(describer.seen) == 2
    # Whoever asks for a look gets one.
    describer.will_say("A lake.", alt="Lake.")
    assert client.post(f"{second['links']['self']}/describe", headers=people.owner.headers).status_code == 202
    work()
    assert (now(second)["ai"]["description"], now(first)["ai"]["description"]) == ("A lake.", "A mountain under clouds.")


@every_database
def test_an_image_waits_for_its_twin_and_takes_over_what_is_said_of_it(
    upload: Upload, work: Callable[[], int], describer: ScriptedDescriber, now: Now
) -> None:
    images = [upload().get_json() for _ in range(3)]
    skipped = upload(describe="false").get_json()
    work()
    assert len(describer.seen) == 1
    assert len({str(now(image)["ai"]) for image in images}) == 1
    assert now(images[2])["ai"]["status"] == "done"
    assert now(skipped)["ai"]["status"] == "skipped"


def test_a_look_that_was_asked_for_is_taken_though_the_twin_has_been_described(
    upload: Upload, work: Callable[[], int], describer: ScriptedDescriber, client: FlaskClient, people: People, now: Now
) -> None:
    upload()
    for wanted in ("true", "false"):
        # While it waits for its variants, and is none of those that were uploaded after a description.
        image = upload(describe=wanted).get_json()
        assert client.post(f"{image['links']['self']}/describe", headers=people.owner.headers).status_code == 202
    work()
    assert len(describer.seen) == 3
    assert now(image)["ai"]["status"] == "done"


def test_measured_facts_are_not_taken_over_where_there_is_a_model(
    ready: Ready, upload: Upload, app_with: Callable[..., Flask], backend: Backend, describer: ScriptedDescriber, now: Now
) -> None:
    first = upload().get_json()
    work_off(app_with(describers=(OfflineDescriber(),)), backend)
    assert now(first)["ai"]["provider"] == "offline"
    second = ready()
    assert (second["ai"]["provider"], len(describer.seen)) == ("scripted", 1)
    # And what a model has said, where there is none any more.
    third = upload().get_json()
    assert third["ai"]["provider"] == "scripted"


def test_where_the_twin_cannot_be_described_the_other_asks_itself(
    upload: Upload, work: Callable[[], int], describer: ScriptedDescriber, now: Now
) -> None:
    describer.will_fail(Final("No.", code="blocked"))
    first, second = upload().get_json(), upload().get_json()
    work()
    assert [now(image)["ai"]["status"] for image in (first, second)] == ["failed", "done"]
    assert len(describer.seen) == 2


class SlowDescriber:
    """Answers when it is allowed to; ``asked`` counts."""

    name, model = "slow", "slow-1"

    def __init__(self) -> None:
        self.asked, self.begun, self.may_answer = 0, threading.Semaphore(0), threading.Event()
        self._lock = threading.Lock()

    def describe(self, sight: Sight) -> Answer:
        with self._lock:
            self.asked += 1
        self.begun.release()
        assert self.may_answer.wait(60)
        return Answer(description="Slowly seen.", alt="Slow.", tags=(), provider=self.name, model=self.model)


@pytest.mark.parametrize("is_last", [False, True])
def test_while_the_twin_is_being_described_an_image_waits_but_for_its_last_try(
    upload: Upload,
    app_with: Callable[..., Flask],
    backend: Backend,
    queue: HintList,
    now: Now,
    is_last: bool,
    make_due: Callable[[], None],
    client: FlaskClient,
    people: People,
) -> None:
    describer = SlowDescriber()
    app = app_with(describers=(describer,))
    first, second = upload().get_json(), upload().get_json()
    perform_all(app, queue.take())
    descriptions = queue.take()
    if is_last:
        with backend.app.app_context(), db.engine.begin() as connection:
            others = sa.update(WorkItem).where(WorkItem.id == uuid.UUID(descriptions[1]))
            connection.execute(others.values(attempts=backend.settings.job_attempts - 1))
    with ThreadPoolExecutor(2) as pool:
        asking = pool.submit(perform_all, app, descriptions[:1])
        assert describer.begun.acquire(timeout=30)
        waiting = pool.submit(perform_all, app, descriptions[1:])
        if is_last:
            assert describer.begun.acquire(timeout=30)
        else:
            waiting.result(30)
            assert (describer.asked, now(first)["ai"]["status"], now(second)["ai"]["status"]) == (1, "working", "pending")
            status = client.get(second["links"]["status"], headers=people.owner.headers).get_json()
            assert status["work"][1]["error"]["code"] == "twin_is_described"
        describer.may_answer.set()
        asking.result(30)
        waiting.result(30)
    assert describer.asked == (2 if is_last else 1)
    make_due()
    perform_all(app, descriptions)
    assert [now(image)["ai"]["description"] for image in (first, second)] == ["Slowly seen."] * 2
    assert describer.asked == (2 if is_last else 1)


@every_database
def test_of_two_that_begin_at_once_one_goes_ahead(
    app: Flask, backend: Backend, upload: Upload, queue: HintList, describer: ScriptedDescriber, now: Now
) -> None:
    first, second = upload().get_json(), upload().get_json()
    perform_all(app, queue.take())
    with app.app_context():
        leases = [items.claim(uuid.UUID(hint), backend.settings) for hint in queue.take()]
        assert [now(image)["ai"]["status"] for image in (first, second)] == ["working"] * 2
        one, other = (lease for lease in leases if lease is not None)
        with pytest.raises(TryAgain) as waits:
            describing.describe(one, backend.adapters)
        assert (waits.value.code, len(describer.seen)) == ("twin_is_described", 0)
        assert sorted(now(image)["ai"]["status"] for image in (first, second)) == ["pending", "working"]
        describing.describe(other, backend.adapters)
    assert len(describer.seen) == 1


def perform_all(app: Flask, hints: list[str]) -> None:
    with app.app_context():
        for hint in hints:
            jobs.perform(hint)


def test_twelve_equal_uploads_at_once_are_one_call_to_the_describer(
    app: Flask,
    upload: Upload,
    people: People,
    app_with: Callable[..., Flask],
    queue: HintList,
    now: Now,
    make_due: Callable[[], None],
    tick: Callable[[], clock.Tick],
) -> None:
    person, describer = people.owner, SlowDescriber()
    describer.may_answer.set()
    working = app_with(describers=(describer,))
    # As many at a time as may wait for the decoder.
    answers = [answer for _ in range(2) for answer in at_once(6, lambda: upload(person=person, through=app.test_client()))]
    images = [answer.get_json() for answer in answers]
    for _ in range(10):
        with ThreadPoolExecutor(6) as pool:
            while hints := queue.take():
                for done in [pool.submit(perform_all, working, [hint]) for hint in hints]:
                    done.result(60)
        make_due()
        if not tick().hinted:
            break
    assert [now(image)["ai"]["description"] for image in images] == ["Slowly seen."] * 12
    assert describer.asked == 1
