"""What becomes of the images when their owner closes the account: nothing is left of them, whatever was under way."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth.models import User
from aizen.database import db, transaction
from aizen.images import closing, integrity, library
from aizen.images.models import Image, SearchDocument
from aizen.work import clock, items, jobs
from aizen.work.models import ObjectRemoval, WorkItem
from tests import pictures
from tests.conftest import PASSWORD, Backend, People, Person
from tests.fakes import HintList, ScriptedDescriber
from tests.images.conftest import NO_TRACE, URL, Traces, Upload, opened, work_off

every_backend, every_database = pytest.mark.every_backend, pytest.mark.every_database
PROFILE = "/api/v1/auth/profile"
Ready = Callable[..., dict[str, Any]]


def close(client: FlaskClient, person: Person) -> None:
    answer = client.delete(PROFILE, headers=person.headers, json={"password": PASSWORD})
    assert answer.status_code == 204, answer.text


@pytest.fixture
def row_count(backend: Backend) -> Callable[[type[Any]], int]:
    def count(model: type[Any]) -> int:
        with backend.app.app_context(), db.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(model)) or 0

    return count


@pytest.fixture
def assert_nothing_is_left(
    backend: Backend, row_count: Callable[[type[Any]], int], traces: Callable[[], Traces], tick: Callable[[], clock.Tick]
) -> Callable[[], None]:
    """The clock has ticked, what was only reserved included, and the doctor finds nothing."""

    def check() -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(ObjectRemoval).values(not_before=0))
        tick()
        assert traces() == NO_TRACE
        assert (row_count(User), row_count(SearchDocument)) == (0, 0)
        with backend.app.app_context():
            assert integrity.examine(backend.adapters, checksums=True).is_clean

    return check


@every_backend
def test_every_image_goes_with_its_files_and_its_work(
    client: FlaskClient,
    people: People,
    ready: Ready,
    upload: Upload,
    work: Callable[[], int],
    assert_nothing_is_left: Callable[[], None],
) -> None:
    ready(pictures.jpeg(400, 300))
    ready(pictures.jpeg(400, 300))  # a duplicate
    ready(pictures.gif())
    upload(headers={"Idempotency-Key": "k-1"})  # not worked on yet
    close(client, people.owner)
    work()
    assert_nothing_is_left()


@every_database
def test_what_others_keep_stays(
    client: FlaskClient,
    people: People,
    ready: Ready,
    upload: Upload,
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    backend: Backend,
) -> None:
    ready()
    theirs = upload(person=people.stranger).headers["Location"]
    work()
    close(client, people.owner)
    work()
    tick()
    image = client.get(theirs, headers=people.stranger.headers).get_json()
    assert image["status"] == "ready"
    assert {opened(client, address).status_code for address in [image["image"], *(each["url"] for each in image["variants"])]} == {200}
    with backend.app.app_context():
        report = integrity.examine(backend.adapters)
    assert (report.is_clean, report.images) == (True, 1)


@every_backend
def test_signed_addresses_are_dead_at_once(client: FlaskClient, people: People, ready: Ready, work: Callable[[], int]) -> None:
    image = ready(pictures.jpeg(400, 300))
    addresses = [image["image"], *(each["url"] for each in image["variants"])]
    assert {opened(client, address).status_code for address in addresses} <= {200, 302}
    close(client, people.owner)
    assert {opened(client, address).status_code for address in addresses} == {404}
    for path in ("", "/file", "/status", "/variants/w160.webp"):
        assert client.get(image["links"]["self"] + path, headers=people.owner.headers).status_code == 401
    work()
    assert {opened(client, address).status_code for address in addresses} == {404}


# -- many


@every_database
def test_more_images_than_a_run_has_time_for_use_up_no_attempt(
    client: FlaskClient,
    people: People,
    backend: Backend,
    shelve: Callable[..., str],
    make_app: Callable[..., Flask],
    row_count: Callable[[type[Any]], int],
    assert_nothing_is_left: Callable[[], None],
) -> None:
    for number in range(2 * closing.IMAGES_AT_A_TIME + 1):
        shelve(people.owner, at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=number))
    hasty = make_app(job_seconds=0, job_attempts=1)
    close(client, people.owner)
    left = []
    with hasty.app_context():
        while hints := backend.queue.take():
            for hint in hints:
                jobs.perform(hint)
                left.append(row_count(Image))
    assert left == [closing.IMAGES_AT_A_TIME + 1, 1, 0]
    assert_nothing_is_left()


def test_a_run_that_has_time_removes_all_of_them(
    client: FlaskClient, people: People, shelve: Callable[..., str], work: Callable[[], int], row_count: Callable[[type[Any]], int]
) -> None:
    for number in range(2 * closing.IMAGES_AT_A_TIME + 1):
        shelve(people.owner, at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=number))
    close(client, people.owner)
    assert work() == 1
    assert (row_count(Image), row_count(User)) == (0, 0)


# -- accidents


@pytest.fixture
def change_work(backend: Backend) -> Callable[..., None]:
    """Turns the piece of work that closes an account."""

    def run(**values: Any) -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(WorkItem).where(WorkItem.kind == "close_account").values(**values))

    return run


@every_database
def test_a_crash_half_way_is_taken_up_again(
    client: FlaskClient,
    people: People,
    backend: Backend,
    ready: Ready,
    change_work: Callable[..., None],
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    row_count: Callable[[type[Any]], int],
    assert_nothing_is_left: Callable[[], None],
) -> None:
    for width in (64, 65, 66):
        ready(pictures.jpeg(width))
    close(client, people.owner)
    (hint,) = backend.queue.take()
    with backend.app.app_context():
        assert items.claim(uuid.UUID(hint), backend.settings) is not None
        assert library.remove_some(uuid.UUID(people.owner.id), limit=2, adapters=backend.adapters) == 2
        assert integrity.examine(backend.adapters).is_clean  # at every moment
    assert row_count(WorkItem) == 3  # two of the image that is left, and this one
    change_work(lease_until=0, hinted_at=0)
    assert tick().hinted == 1
    work()
    assert_nothing_is_left()


def test_work_that_fails_each_time_is_tried_again_later_and_never_given_up(
    client: FlaskClient,
    people: People,
    backend: Backend,
    ready: Ready,
    change_work: Callable[..., None],
    work: Callable[[], int],
    tick: Callable[[], clock.Tick],
    row_count: Callable[[type[Any]], int],
    assert_nothing_is_left: Callable[[], None],
) -> None:
    ready()
    close(client, people.owner)
    backend.queue.take()
    change_work(state="working", lease_until=0, attempts=backend.settings.job_attempts, hinted_at=None)
    told = tick()
    assert (told.failed, told.hinted, row_count(Image)) == (1, 0, 1)
    assert tick().hinted == 0  # after a pause, that is
    change_work(not_before=0)
    assert tick().hinted == 1
    work()
    assert_nothing_is_left()


@every_database
def test_an_image_that_a_former_version_adds_late_goes_too(
    client: FlaskClient,
    people: People,
    backend: Backend,
    shelve: Callable[..., str],
    assert_nothing_is_left: Callable[[], None],
) -> None:
    """The version before does not ask whether the account is closed, and may run beside this one during a rollout."""
    close(client, people.owner)
    (hint,) = backend.queue.take()
    with backend.app.app_context():
        lease = items.claim(uuid.UUID(hint), backend.settings)
        assert lease is not None
        record = closing.remove_images(lease, backend.adapters)
        shelve(people.owner, at=datetime(2026, 3, 1, tzinfo=UTC))
        with transaction():
            items.finish(lease)
            record()
    assert_nothing_is_left_after_work(backend, assert_nothing_is_left)


def assert_nothing_is_left_after_work(backend: Backend, assert_nothing_is_left: Callable[[], None]) -> None:
    with backend.app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(WorkItem).where(WorkItem.state == "pending").values(not_before=0, hinted_at=None))
    with backend.app.app_context():
        clock.tick(backend.adapters)
    work_off(backend.app, backend)
    assert_nothing_is_left()


# -- what is under way


class Interrupted:
    """A storage at which something happens once, right after an object has been written."""

    def __init__(self, backend: Backend, happens: Callable[[], object]) -> None:
        self._real = backend.adapters.storage
        self._happens: list[Callable[[], object]] = [happens]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def put(self, key: str, data: Any, *, media_type: str) -> None:
        self._real.put(key, data, media_type=media_type)
        while self._happens:
            self._happens.pop()()


@every_database
@pytest.mark.parametrize("is_carried_out", [False, True], ids=["closed", "closed and worked off"])
def test_an_upload_under_way_leaves_nothing(
    client: FlaskClient,
    people: People,
    backend: Backend,
    upload: Upload,
    work: Callable[[], int],
    app_with: Callable[..., Flask],
    assert_nothing_is_left: Callable[[], None],
    *,
    is_carried_out: bool,
) -> None:
    person = people.owner

    def happens() -> None:
        close(client, person)
        if is_carried_out:
            work()

    answer = upload(person=person, through=app_with(storage=Interrupted(backend, happens)).test_client(), headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "session_ended")
    work()
    assert_nothing_is_left()


@every_database
def test_variants_under_way_leave_nothing(
    client: FlaskClient,
    people: People,
    backend: Backend,
    upload: Upload,
    work: Callable[[], int],
    app_with: Callable[..., Flask],
    assert_nothing_is_left: Callable[[], None],
) -> None:
    upload()
    (hint,) = backend.queue.take()

    def close_and_work() -> None:
        close(client, people.owner)
        work()

    def happens() -> None:
        # A worker beside this one, in a thread as database sessions are one's own.
        beside = threading.Thread(target=close_and_work)
        beside.start()
        beside.join(30)

    interrupted = app_with(storage=Interrupted(backend, happens))
    with interrupted.app_context():
        jobs.perform(hint)
    work()
    assert_nothing_is_left()


@every_database
def test_whatever_is_done_while_the_account_is_closed_leaves_nothing(
    app: Flask,
    client: FlaskClient,
    people: People,
    backend: Backend,
    upload: Upload,
    assert_nothing_is_left: Callable[[], None],
) -> None:
    owner = people.owner
    shared = [upload().headers["Location"] for _ in range(4)]
    over, statuses = threading.Event(), set()

    def repeat(act: Callable[[FlaskClient, int], int]) -> None:
        racer, count = app.test_client(), 0
        while not over.is_set():
            statuses.add(act(racer, count))
            count += 1

    def work_on(_racer: FlaskClient, _count: int) -> int:
        work_off(app, backend)
        return 0

    acts: list[Callable[[FlaskClient, int], int]] = [
        lambda racer, _count: upload(pictures.jpeg(20, 20), person=owner, through=racer).status_code,
        lambda racer, _count: upload(pictures.jpeg(30, 20), person=owner, through=racer, headers={"Idempotency-Key": "k"}).status_code,
        lambda racer, count: racer.patch(shared[count % 4], headers=owner.headers, json={"title": f"Title {count}"}).status_code,
        lambda racer, count: racer.post(f"{shared[count % 4]}/describe", headers=owner.headers).status_code,
        lambda racer, count: racer.delete(shared[count % 4 if count > 20 else 3], headers=owner.headers).status_code,
        work_on,
        work_on,
    ]
    threads = [threading.Thread(target=repeat, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    while {201, 200, 202} - statuses:
        assert any(thread.is_alive() for thread in threads)
    close(client, owner)
    for _ in range(3):
        assert client.get(URL, headers=owner.headers).status_code == 401
    over.set()
    for thread in threads:
        thread.join(60)
    assert not [status for status in statuses if status not in (0, 200, 201, 202, 204, 401, 404, 503)], statuses
    for _ in range(2):
        assert_nothing_is_left_after_work(backend, lambda: None)
    assert_nothing_is_left()


def test_a_picture_of_a_closed_account_is_shown_to_no_describer(
    app: Flask, client: FlaskClient, people: People, upload: Upload, queue: HintList, describer: ScriptedDescriber, work: Callable[[], int]
) -> None:
    upload()
    with app.app_context():
        for hint in queue.take():
            jobs.perform(hint)
    close(client, people.owner)
    work()
    assert describer.seen == []
