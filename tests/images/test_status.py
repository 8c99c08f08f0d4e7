"""GET /api/v1/images/{id}/status, and waiting for news."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import db
from aizen.work.models import WorkItem
from tests.conftest import Backend, People
from tests.images.conftest import Upload, work_off

every_backend = pytest.mark.every_backend
DEADLINE = 20.0


def states(answer: TestResponse) -> list[tuple[str, str, int]]:
    return [(each["kind"], each["state"], each["attempts"]) for each in answer.get_json()["work"]]


@every_backend
def test_the_status_shows_every_piece_of_work(client: FlaskClient, people: People, upload: Upload, work: Callable[[], int]) -> None:
    made = upload()
    address = made.get_json()["links"]["status"]
    before = client.get(address, headers=people.owner.headers)
    assert (before.get_json()["id"], before.get_json()["status"], before.get_json()["ai_status"]) == (
        made.get_json()["id"],
        "processing",
        "pending",
    )
    assert states(before) == [("variants", "pending", 0), ("description", "waiting", 0)]
    assert before.get_json()["updated_at"] == made.get_json()["updated_at"]
    work()
    after = client.get(address, headers=people.owner.headers)
    assert (after.get_json()["status"], after.get_json()["ai_status"]) == ("ready", "done")
    assert states(after) == [("variants", "done", 1), ("description", "done", 1)]
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.headers["Cache-Control"] == "private, no-cache"


def test_the_variants_stand_before_the_description_whatever_their_ids(
    client: FlaskClient, people: People, upload: Upload, app: Flask
) -> None:
    address = upload().get_json()["links"]["status"]
    with app.app_context(), db.engine.begin() as connection:
        # Both items are made within a millisecond now and then, and their ids sort by chance.
        connection.execute(sa.update(WorkItem).where(WorkItem.kind == "description").values(id=uuid.UUID(int=1)))
    answer = client.get(address, headers=people.owner.headers)
    assert [each["kind"] for each in answer.get_json()["work"]] == ["variants", "description"]


def test_the_status_of_a_strangers_image_is_404(client: FlaskClient, people: People, upload: Upload) -> None:
    answer = client.get(upload().get_json()["links"]["status"], headers={**people.stranger.headers, "Prefer": "wait=10"})
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_an_unchanged_status_is_304(client: FlaskClient, people: People, upload: Upload) -> None:
    address = upload().get_json()["links"]["status"]
    tag = client.get(address, headers=people.owner.headers).headers["ETag"]
    again = client.get(address, headers={**people.owner.headers, "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


# -- Prefer: wait


class Asking(threading.Thread):
    """A request in a thread of its own; ``answer`` is there when it has ended."""

    def __init__(self, app: Flask, address: str, headers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self._client, self._address, self._headers = app.test_client(), address, headers
        self.answer: TestResponse | None = None
        self.seconds = 0.0

    def run(self) -> None:
        begun = time.monotonic()
        self.answer = self._client.get(self._address, headers=self._headers)
        self.seconds = time.monotonic() - begun

    def done(self) -> TestResponse:
        self.join(DEADLINE)
        assert self.answer is not None
        return self.answer


@contextmanager
def asking(app: Flask, address: str, headers: dict[str, str], *, count: int = 1) -> Iterator[list[Asking]]:
    threads = [Asking(app, address, headers) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.done()


def headers_of(people: People, **more: str) -> dict[str, str]:
    return {**people.owner.headers, **{name.replace("_", "-"): value for name, value in more.items()}}


def until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < ends, "the condition was never met"
        threading.Event().wait(0.02)


@every_backend
def test_a_waiting_answer_comes_as_soon_as_no_work_is_left(app: Flask, people: People, upload: Upload, work: Callable[[], int]) -> None:
    address = upload().get_json()["links"]["status"]
    with asking(app, address, headers_of(people, Prefer="wait=15")) as (thread,):
        work()
        answer = thread.done()
    assert (answer.get_json()["status"], answer.get_json()["ai_status"]) == ("ready", "done")
    assert answer.headers["Preference-Applied"] == "wait=15"
    assert thread.seconds < 10


def test_with_an_etag_the_answer_comes_with_the_first_change(
    client: FlaskClient, app: Flask, people: People, upload: Upload, backend: Backend
) -> None:
    address = upload().get_json()["links"]["status"]
    tag = client.get(address, headers=people.owner.headers).headers["ETag"]
    hints = backend.queue.take()
    with asking(app, address, headers_of(people, Prefer="wait=15", If_None_Match=tag)) as (thread,):
        backend.queue.hints = hints[:1]
        work_off(app, backend)
        answer = thread.done()
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag
    assert thread.seconds < 10


def test_with_an_etag_that_is_old_the_answer_comes_at_once(client: FlaskClient, people: People, upload: Upload) -> None:
    begun = time.monotonic()
    answer = client.get(upload().get_json()["links"]["status"], headers=headers_of(people, Prefer="wait=10", If_None_Match='"old"'))
    assert answer.status_code == 200
    assert time.monotonic() - begun < 5


def test_without_news_the_answer_comes_when_the_time_is_over(people: People, upload: Upload, make_app: Callable[..., Flask]) -> None:
    """The limit is a setting here, so that the test need not wait for 20 seconds."""
    address = upload().get_json()["links"]["status"]
    client = make_app(longest_wait_seconds=1).test_client()
    begun = time.monotonic()
    answer = client.get(address, headers=headers_of(people, Prefer="wait=9999"))
    assert 0.8 < time.monotonic() - begun < 5
    assert (answer.status_code, answer.get_json()["status"], answer.headers["Preference-Applied"]) == (200, "processing", "wait=1")
    tag = answer.headers["ETag"]
    assert client.get(address, headers=headers_of(people, Prefer="wait=1", If_None_Match=tag)).status_code == 304


def test_nobody_waits_for_an_image_that_is_done(client: FlaskClient, people: People, ready: Callable[..., dict[str, Any]]) -> None:
    begun = time.monotonic()
    client.get(ready()["links"]["status"], headers=headers_of(people, Prefer="wait=15"))
    assert time.monotonic() - begun < 10


def test_a_preference_that_cannot_be_read_is_ignored(client: FlaskClient, people: People, upload: Upload) -> None:
    address = upload().get_json()["links"]["status"]
    for preference in ("wait=0", "wait", "wait=-5", "wait=x", "wait=99999", "return=minimal", "await=5", "wait=1.5", ""):
        begun = time.monotonic()
        answer = client.get(address, headers=headers_of(people, Prefer=preference))
        assert answer.status_code == 200, preference
        assert "Preference-Applied" not in answer.headers, preference
        assert time.monotonic() - begun < 5, preference


def test_a_preference_among_others_is_found(people: People, upload: Upload, make_app: Callable[..., Flask]) -> None:
    client, address = make_app(longest_wait_seconds=0.3).test_client(), upload().get_json()["links"]["status"]
    for preference in ("respond-async, wait=5; x=1", "Wait=5", "wait=5,return=minimal"):
        answer = client.get(address, headers=headers_of(people, Prefer=preference))
        assert "Preference-Applied" in answer.headers, preference


def test_an_image_that_is_deleted_while_somebody_waits_is_404(client: FlaskClient, app: Flask, people: People, upload: Upload) -> None:
    made = upload()
    with asking(app, made.get_json()["links"]["status"], headers_of(people, Prefer="wait=15")) as (thread,):
        until(lambda: thread.is_alive() or thread.answer is not None)
        client.delete(made.headers["Location"], headers=people.owner.headers)
        assert thread.done().status_code == 404


def test_at_most_a_quarter_of_the_threads_wait(people: People, upload: Upload, make_app: Callable[..., Flask], backend: Backend) -> None:
    app = make_app(web_threads=8, longest_wait_seconds=15)
    address = upload().get_json()["links"]["status"]
    headers = headers_of(people, Prefer="wait=15")
    with asking(app, address, headers, count=5) as threads:
        until(lambda: sum(thread.answer is not None for thread in threads) == 3)
        at_once = [thread.answer for thread in threads if thread.answer is not None]
        assert all(answer.get_json()["status"] == "processing" for answer in at_once)
        assert not any("Preference-Applied" in answer.headers for answer in at_once)
        work_off(backend.app, backend)
        assert sorted(thread.done().get_json()["status"] for thread in threads) == ["processing"] * 3 + ["ready"] * 2


def test_a_place_to_wait_is_free_again_afterwards(people: People, upload: Upload, make_app: Callable[..., Flask]) -> None:
    client = make_app(web_threads=1, longest_wait_seconds=0.2).test_client()
    address = upload().get_json()["links"]["status"]
    for _ in range(3):
        assert "Preference-Applied" in client.get(address, headers=headers_of(people, Prefer="wait=1")).headers
