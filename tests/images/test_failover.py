"""Several describers: who is asked, who is left alone, and what the image and its work say of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.ai import Answer, Sight
from aizen.ai.offline import OfflineDescriber
from aizen.database import clock_ms, db
from aizen.errors import Final, OutsideFailure, TryAgain
from aizen.queue import WorkTimedOut
from aizen.settings import Settings
from aizen.work.models import ProviderBreaker, WorkItem
from tests import pictures
from tests.conftest import Backend, People
from tests.fakes import ScriptedDescriber
from tests.images.conftest import Upload, work_off

pytestmark = pytest.mark.every_database

BUSY = TryAgain("Slow down.", code="rate_limited")


class Chain:
    """Two scripted describers, one after the other, in an application of their own."""

    def __init__(self, app_with: Callable[..., Flask], backend: Backend, upload: Upload, client: FlaskClient, people: People) -> None:
        self.first = ScriptedDescriber("first", "model-1")
        self.second = ScriptedDescriber("second", "model-2")
        self._backend = backend
        self._app = app_with(describers=(self.first, self.second))
        self._upload = upload
        self._client = client
        self._headers = people.owner.headers
        self._made = 0

    def describe_one(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """A new image after its work has been tried once, and that of its pieces of work which describes."""
        # Of its own bytes: what is said of the same is taken over.
        self._made += 1
        made = self._upload(pictures.jpeg(64 + self._made))
        work_off(self._app, self._backend)
        return self.look(made.get_json())

    def look(self, image: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        now = self._client.get(image["links"]["self"], headers=self._headers).get_json()
        status = self._client.get(image["links"]["status"], headers=self._headers).get_json()
        return now, next(each for each in status["work"] if each["kind"] == "description")

    def both_fail(self, times: int, failure: OutsideFailure = BUSY) -> None:
        for _ in range(times):
            self.first.will_fail(failure)
            self.second.will_fail(failure)

    def end_pauses(self) -> None:
        with self._app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(ProviderBreaker).values(left_alone_until=clock_ms() - 1))

    def seconds_until_due(self, image: dict[str, Any]) -> float:
        of_it = sa.and_(WorkItem.kind == "description", WorkItem.subject_id == uuid.UUID(image["id"]))
        with self._app.app_context(), db.engine.connect() as connection:
            left = connection.scalar(sa.select(WorkItem.not_before - clock_ms()).where(of_it))
        return cast(int, left) / 1000


@pytest.fixture
def chain(app_with: Callable[..., Flask], backend: Backend, upload: Upload, client: FlaskClient, people: People) -> Chain:
    return Chain(app_with, backend, upload, client, people)


def told(image: dict[str, Any]) -> tuple[str, str, str, str | None]:
    ai = image["ai"]
    return ai["status"], ai["provider"], ai["model"], ai["error"]


def test_the_first_describer_speaks_as_long_as_it_can(chain: Chain) -> None:
    image, _ = chain.describe_one()
    assert told(image) == ("done", "first", "model-1", None)
    assert chain.second.seen == []


@pytest.mark.parametrize("failure", [BUSY, Final(code="bad_key"), Final(code="blocked"), Final(code="malformed_answer")])
def test_the_second_speaks_where_the_first_fails_and_is_named(chain: Chain, failure: OutsideFailure) -> None:
    chain.first.will_fail(failure)
    chain.second.will_say("A boat, says the second.")
    image, item = chain.describe_one()
    assert told(image) == ("done", "second", "model-2", None)
    assert image["ai"]["description"] == "A boat, says the second."
    assert (item["state"], item["attempts"], item["error"]) == ("done", 1, None)
    assert chain.first.seen == chain.second.seen


def test_the_sixth_picture_is_not_shown_to_one_that_failed_five_times(chain: Chain) -> None:
    for _ in range(5):
        chain.first.will_fail(BUSY)
        chain.describe_one()
    image, item = chain.describe_one()
    assert told(image) == ("done", "second", "model-2", None)
    assert (item["state"], item["attempts"]) == ("done", 1)
    assert (len(chain.first.seen), len(chain.second.seen)) == (5, 6)


def test_after_the_minute_it_is_asked_again(chain: Chain) -> None:
    for _ in range(5):
        chain.first.will_fail(BUSY)
        chain.describe_one()
    chain.end_pauses()
    for _ in range(2):
        image, _ = chain.describe_one()
        assert told(image)[:2] == ("done", "first")


def test_while_all_are_left_alone_the_work_waits_as_long_as_they_do(chain: Chain) -> None:
    chain.both_fail(5)
    for _ in range(5):
        chain.describe_one()
    image, item = chain.describe_one()
    assert (len(chain.first.seen), len(chain.second.seen)) == (5, 5)
    assert (image["status"], image["ai"]["status"], image["ai"]["error"]) == ("ready", "pending", None)
    assert (item["state"], item["attempts"], item["error"]["code"]) == ("pending", 1, "provider_unavailable")
    assert 50 < chain.seconds_until_due(image) <= 60


def test_a_trial_that_the_jobs_alarm_ends_keeps_the_next_picture_off_for_another_minute(chain: Chain) -> None:
    chain.both_fail(5)
    for _ in range(5):
        chain.describe_one()
    chain.end_pauses()
    chain.first.will_fail(WorkTimedOut())
    ended, item = chain.describe_one()
    assert (ended["ai"]["status"], item["state"], item["error"]["code"]) == ("pending", "pending", "timed_out")
    image, _ = chain.describe_one()
    assert told(image)[:2] == ("done", "second")
    assert (len(chain.first.seen), len(chain.second.seen)) == (6, 6)
    chain.end_pauses()
    image, _ = chain.describe_one()
    assert told(image)[:2] == ("done", "first")


def test_one_that_names_no_wait_is_asked_again_at_our_own_pace(chain: Chain, settings: Settings) -> None:
    chain.first.will_fail(TryAgain(code="rate_limited", retry_after=100))
    chain.second.will_fail(TryAgain(code="provider_unavailable"))
    image, item = chain.describe_one()
    assert (item["state"], item["error"]["code"]) == ("pending", "rate_limited")
    assert 0 < chain.seconds_until_due(image) <= settings.job_retry_seconds


def test_where_one_is_busy_and_the_other_refuses_the_busy_one_is_waited_for(chain: Chain) -> None:
    chain.first.will_fail(Final(code="blocked"))
    chain.second.will_fail(TryAgain("Slow down.", code="rate_limited", retry_after=33))
    image, item = chain.describe_one()
    assert (image["ai"]["status"], item["state"], item["error"]) == ("pending", "pending", {"code": "rate_limited", "detail": "Slow down."})
    assert 28 < chain.seconds_until_due(image) <= 33


def test_where_all_refuse_the_image_says_what_the_first_said(chain: Chain) -> None:
    chain.first.will_fail(Final(code="blocked"))
    chain.second.will_fail(Final(code="bad_key"))
    image, item = chain.describe_one()
    assert (image["status"], image["ai"]["status"], image["ai"]["error"]) == ("ready", "failed", "blocked")
    assert (item["state"], item["error"]["code"]) == ("failed", "blocked")


def test_the_offline_describer_speaks_last_and_only_where_it_is_listed(
    upload: Upload, backend: Backend, app_with: Callable[..., Flask], client: FlaskClient, people: People
) -> None:
    failing = ScriptedDescriber("failing")
    failing.will_fail(BUSY)
    made = upload()
    work_off(app_with(describers=(failing, OfflineDescriber())), backend)
    image = client.get(made.headers["Location"], headers=people.owner.headers).get_json()
    assert told(image) == ("done", "offline", "measurements-1", None)
    assert image["ai"]["description"].startswith("No model has looked at this picture.")


class Watching:
    """A describer that fails, and counts the database connections in use while it is asked."""

    model = "watching"

    def __init__(self, name: str) -> None:
        self.name = name
        self.in_use: list[int] = []

    def describe(self, sight: Sight) -> Answer:
        self.in_use.append(cast(Any, db.engine.pool).checkedout())
        raise BUSY


def test_no_connection_is_held_while_one_after_the_other_is_asked(upload: Upload, backend: Backend, app_with: Callable[..., Flask]) -> None:
    first, second = Watching("one"), Watching("two")
    app = app_with(describers=(first, second))
    for _ in range(5):
        upload()
        work_off(app, backend)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(ProviderBreaker).values(left_alone_until=0))
    upload()
    work_off(app, backend)
    assert first.in_use == second.in_use == [0] * 6


def test_measured_facts_never_take_the_place_of_what_a_model_has_said(
    app_with: Callable[..., Flask], backend: Backend, upload: Upload, client: FlaskClient, people: People
) -> None:
    chain = Chain(app_with, backend, upload, client, people)
    app = app_with(describers=(chain.first, OfflineDescriber()))
    image = upload().get_json()
    work_off(app, backend)
    assert chain.look(image)[0]["ai"]["provider"] == "first"
    chain.first.will_fail(Final("No.", code="blocked"))
    assert client.post(f"{image['links']['self']}/describe", headers=people.owner.headers).status_code == 202
    work_off(app, backend)
    now, _ = chain.look(image)
    assert (now["ai"]["status"], now["ai"]["error"]) == ("failed", "blocked")
    assert (now["ai"]["provider"], now["ai"]["description"], now["alt_status"]) == ("first", "A scripted description.", "suggested")


def test_what_nobody_has_looked_at_suggests_no_alt_text(
    app_with: Callable[..., Flask], backend: Backend, upload: Upload, client: FlaskClient, people: People
) -> None:
    chain = Chain(app_with, backend, upload, client, people)
    image, own = upload().get_json(), people.owner.headers
    work_off(app_with(describers=(OfflineDescriber(),)), backend)
    now, _ = chain.look(image)
    assert (now["ai"]["provider"], now["alt"], now["alt_status"]) == ("offline", "", "missing")
    for status, code in (("approved", "no_alt"), ("suggested", "no_suggestion")):
        answer = client.patch(image["links"]["self"], json={"alt_status": status}, headers=own)
        assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (422, code)
    client.post(f"{image['links']['self']}/describe", headers=own)
    work_off(backend.app, backend)
    assert chain.look(image)[0]["alt_status"] == "suggested"
