"""The description of an image: what is kept of it, what the describer sees, and how its failures end."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from aizen.ai import Answer, Sight
from aizen.ai.offline import OfflineDescriber
from aizen.database import clock_ms, db
from aizen.errors import Final, TryAgain
from aizen.settings import Settings
from aizen.work import clock
from aizen.work.models import WorkItem
from tests import pictures
from tests.conftest import Backend, People
from tests.fakes import HintList, ScriptedDescriber
from tests.images import marked
from tests.images.conftest import NO_TRACE, Traces, Upload, work_off

every_backend = pytest.mark.every_backend
Ready = Callable[..., dict[str, Any]]
WORDS = {"title": "Mine", "description": "My own words.", "alt": "My own alt.", "tags": "own"}


def seconds_until_due(backend: Backend) -> float:
    """How long the description pauses from now on."""
    with backend.app.app_context(), db.engine.connect() as connection:
        left = connection.scalar(sa.select(WorkItem.not_before - clock_ms()).where(WorkItem.kind == "description"))
    return cast(int, left) / 1000


@pytest.fixture
def look(client: FlaskClient, people: People) -> Callable[[dict[str, Any]], tuple[dict[str, Any], dict[str, Any]]]:
    """The image as it is now, and the piece of work that describes it."""

    def ask(image: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        now = client.get(image["links"]["self"], headers=people.owner.headers).get_json()
        status = client.get(image["links"]["status"], headers=people.owner.headers).get_json()
        assert status["ai_status"] == now["ai"]["status"]
        return now, next(each for each in status["work"] if each["kind"] == "description")

    return ask


Look = Callable[[dict[str, Any]], tuple[dict[str, Any], dict[str, Any]]]


@every_backend
def test_the_answer_is_kept_beside_the_owners_own_words(ready: Ready, describer: ScriptedDescriber) -> None:
    describer.will_say("A mountain under clouds.", alt="Mountain.", tags=("mountain", "cloud"))
    image = ready(**WORDS)
    assert image["ai"] == {
        "status": "done",
        "description": "A mountain under clouds.",
        "alt": "Mountain.",
        "tags": ["mountain", "cloud"],
        "provider": "scripted",
        "model": "script-1",
        "error": None,
    }
    assert {name: image[name] for name in WORDS} == {**WORDS, "tags": ["own"]}


def test_the_description_waits_for_the_variants(upload: Upload, queue: HintList, backend: Backend, describer: ScriptedDescriber) -> None:
    upload()
    with backend.app.app_context(), db.engine.connect() as connection:
        waiting = connection.scalar(sa.select(WorkItem.id).where(WorkItem.kind == "description"))
    queue.hints = [str(waiting)]
    work_off(backend.app, backend)
    assert describer.seen == []


@pytest.mark.parametrize(("asked", "pause"), [(None, 10), (3.0, 10), (45.0, 45), (7200.0, 120)])
def test_a_busy_describer_is_asked_again_after_the_time_it_names(
    ready: Ready, describer: ScriptedDescriber, backend: Backend, look: Look, asked: float | None, pause: float
) -> None:
    describer.will_fail(TryAgain("Slow down.", code="rate_limited", retry_after=asked))
    image, item = look(ready())
    assert (image["status"], image["ai"]["status"], image["ai"]["error"]) == ("ready", "pending", None)
    assert item == {
        "kind": "description",
        "state": "pending",
        "attempts": 1,
        "error": {"code": "rate_limited", "detail": "Slow down."},
    }
    assert pause - 5 < seconds_until_due(backend) <= pause


@every_backend
def test_a_busy_describer_answers_at_the_next_try(
    ready: Ready,
    describer: ScriptedDescriber,
    look: Look,
    make_due: Callable[[], None],
    tick: Callable[[], clock.Tick],
    work: Callable[[], int],
) -> None:
    describer.will_fail(TryAgain(code="provider_unavailable"))
    image = ready()
    assert tick().hinted == 0
    assert work() == 0
    make_due()
    assert tick().hinted == 1
    assert work() == 1
    image, item = look(image)
    assert (image["ai"]["status"], image["ai"]["description"]) == ("done", "A scripted description.")
    assert (item["state"], item["attempts"], item["error"]) == ("done", 2, None)


def test_the_pause_doubles_and_the_tries_are_bounded(
    ready: Ready,
    describer: ScriptedDescriber,
    backend: Backend,
    look: Look,
    settings: Settings,
    make_due: Callable[[], None],
    tick: Callable[[], clock.Tick],
    work: Callable[[], int],
) -> None:
    for _ in range(settings.job_attempts):
        describer.will_fail(TryAgain(code="provider_timeout"))
    image, pauses = ready(), []
    for _ in range(settings.job_attempts - 1):
        pauses.append(seconds_until_due(backend))
        make_due()
        tick()
        work()
    assert [round(pause, -1) for pause in pauses] == [10, 20, 40]
    image, item = look(image)
    assert (image["status"], image["ai"]["status"], image["ai"]["error"]) == ("ready", "failed", "provider_timeout")
    assert (item["state"], item["attempts"], item["error"]["code"]) == ("failed", settings.job_attempts, "provider_timeout")
    make_due()
    assert tick().hinted == 0
    assert len(describer.seen) == settings.job_attempts


@every_backend
def test_a_refusal_is_final_and_the_image_stays_usable(ready: Ready, describer: ScriptedDescriber, look: Look) -> None:
    describer.will_fail(Final("The picture was blocked.", code="blocked"))
    image, item = look(ready(**WORDS))
    assert (image["status"], image["ai"]["status"], image["ai"]["error"]) == ("ready", "failed", "blocked")
    assert image["ai"]["description"] is None
    assert image["variants"]
    assert (item["state"], item["attempts"], item["error"]) == ("failed", 1, {"code": "blocked", "detail": "The picture was blocked."})


def test_a_retry_asks_the_describer_alone_again(
    client: FlaskClient,
    people: People,
    ready: Ready,
    describer: ScriptedDescriber,
    look: Look,
    work: Callable[[], int],
) -> None:
    describer.will_fail(Final(code="bad_key"))
    failed = ready()
    answer = client.post(f"{failed['links']['self']}/retry", headers=people.owner.headers)
    assert (answer.status_code, answer.get_json()["status"], answer.get_json()["ai_status"]) == (202, "ready", "pending")
    assert work() == 1
    image, _ = look(failed)
    assert (image["ai"]["status"], image["ai"]["error"]) == ("done", None)
    assert [each["bytes"] for each in image["variants"]] == [each["bytes"] for each in failed["variants"]]


class Breaking:
    name = model = "breaking"

    def describe(self, sight: Sight) -> Answer:
        raise LookupError("secret detail of our own")


def test_an_accident_in_a_describer_is_tried_again_and_not_told(
    upload: Upload, backend: Backend, app_with: Callable[..., Flask], look: Look
) -> None:
    made = upload()
    work_off(app_with(describers=(Breaking(),)), backend)
    image, item = look(made.get_json())
    assert (image["status"], image["ai"]["status"]) == ("ready", "pending")
    assert item["error"] == {"code": "internal_error", "detail": "Something in Aizen went wrong."}


# -- what the describer sees


@pytest.mark.parametrize(
    ("data", "shown", "whole"),
    [
        (pictures.jpeg(64, 48), (64, 48), (64, 48)),
        (pictures.jpeg(1500, 1000), (1024, 683), (1500, 1000)),
        (pictures.jpeg(30, 3000), (10, 1024), (30, 3000)),
        (marked.jpeg(), (1024, 652), (1100, 700)),
        (marked.png(), (1024, 652), (1100, 700)),
        (marked.gif(), (60, 40), (60, 40)),
    ],
    ids=["small", "large", "tall", "with metadata", "with alpha", "animated"],
)
def test_the_describer_sees_a_bounded_jpeg_without_metadata(
    ready: Ready, describer: ScriptedDescriber, data: bytes, shown: tuple[int, int], whole: tuple[int, int]
) -> None:
    image = ready(data)
    (sight,) = describer.seen
    assert marked.MARK not in sight.jpeg
    with Image.open(io.BytesIO(sight.jpeg)) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert picture.size == pytest.approx(shown, abs=1)
        assert not picture.getexif()
    assert (sight.width, sight.height) == whole == (image["width"], image["height"])
    assert len(sight.jpeg) < 1_000_000


def test_the_describer_is_told_what_was_measured(ready: Ready, describer: ScriptedDescriber) -> None:
    ready(pictures.png(40, 60, color="#ff000080"))
    ready(pictures.gif(frames=3))
    first, second = describer.seen
    assert (first.orientation, first.has_alpha, first.frames, first.is_photograph) == ("portrait", True, 1, False)
    assert (second.orientation, second.has_alpha, second.frames) == ("landscape", False, 3)
    assert sum(share for _, share in first.colors) == pytest.approx(1, abs=0.01)
    assert 0 <= first.brightness <= 1


@every_backend
def test_without_a_model_the_description_says_that_none_has_looked(
    upload: Upload, backend: Backend, app_with: Callable[..., Flask], look: Look
) -> None:
    made = upload(pictures.jpeg(400, 300, color="#2040c0"))
    work_off(app_with(describers=(OfflineDescriber(),)), backend)
    image, _ = look(made.get_json())
    ai = image["ai"]
    assert (image["status"], ai["status"], ai["provider"], ai["model"]) == ("ready", "done", "offline", "measurements-1")
    assert ai["description"].startswith("No model has looked at this picture.")
    assert "landscape" in ai["description"]
    assert "blue" in ai["tags"]
    assert len(ai["description"]) <= 500
    assert len(ai["alt"]) <= 150


class Watching:
    """A describer that does something while it looks, and counts the connections in use."""

    name = model = "watching"

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile
        self.in_use: list[int] = []

    def describe(self, sight: Sight) -> Answer:
        self.in_use.append(cast(Any, db.engine.pool).checkedout())
        self._meanwhile()
        return Answer(description="Late.", alt="Late.", tags=(), provider=self.name, model=self.model)


def test_no_database_connection_is_held_while_the_describer_thinks(
    upload: Upload, backend: Backend, app_with: Callable[..., Flask]
) -> None:
    upload()
    watching = Watching(lambda: None)
    work_off(app_with(describers=(watching,)), backend)
    assert watching.in_use == [0]


@every_backend
def test_an_image_that_is_deleted_while_it_is_described_stays_deleted(
    client: FlaskClient,
    people: People,
    upload: Upload,
    backend: Backend,
    app_with: Callable[..., Flask],
    tick: Callable[[], clock.Tick],
    traces: Callable[[], Traces],
) -> None:
    made, headers = upload(), people.owner.headers
    work_off(app_with(describers=(Watching(lambda: client.delete(made.headers["Location"], headers=headers)),)), backend)
    tick()
    assert traces() == NO_TRACE


def test_the_describer_whose_level_is_gone_fails_with_its_reason(
    upload: Upload, backend: Backend, queue: HintList, look: Look, describer: ScriptedDescriber, make_due: Callable[[], None]
) -> None:
    describer.will_fail(TryAgain())
    made = upload()
    work_off(backend.app, backend)
    for stored in list(backend.adapters.storage.objects()):
        backend.adapters.storage.delete(stored.key)
    make_due()
    with backend.app.app_context():
        clock.tick(backend.adapters)
    work_off(backend.app, backend)
    image, item = look(made.get_json())
    assert (image["status"], image["ai"]["error"], item["error"]["code"]) == ("ready", "no_picture", "no_picture")
