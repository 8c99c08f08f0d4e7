"""POST /api/v1/images with an Idempotency-Key: the same key and body make one image."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from aizen.settings import Settings
from aizen.work import clock
from tests import pictures
from tests.conftest import People
from tests.images.conftest import NO_TRACE, Traces, Upload

every_backend = pytest.mark.every_backend


@every_backend
def test_the_same_key_and_body_replay_the_first_answer(
    upload: Upload, traces: Callable[[], Traces], tick: Callable[[], clock.Tick]
) -> None:
    first = upload(title="Blue", headers={"Idempotency-Key": "k-1"})
    again = upload(title="Blue", name="other name.jpg", headers={"Idempotency-Key": "k-1"})
    assert "Idempotency-Replayed" not in first.headers
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.get_json() == first.get_json()
    assert again.headers["Location"] == first.headers["Location"]
    tick()
    left = traces()
    assert (left.images, len(left.objects), left.removals, left.work_items) == (1, 1, 0, 2)


def test_a_replay_shows_the_image_as_it_is_now(upload: Upload, work: Callable[[], int]) -> None:
    upload(headers={"Idempotency-Key": "k-1"})
    work()
    assert upload(headers={"Idempotency-Key": "k-1"}).get_json()["status"] == "ready"


@pytest.mark.parametrize("change", [{"title": "Other"}, {"tags": "x"}, {"describe": "false"}, {"data": pictures.jpeg(color="red")}])
def test_a_key_with_another_body_is_422(upload: Upload, traces: Callable[[], Traces], change: dict[str, Any]) -> None:
    upload(headers={"Idempotency-Key": "k-1"})
    answer = upload(headers={"Idempotency-Key": "k-1"}, **change)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")
    assert (traces().images, traces().removals) == (1, 0)


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "caf\xe9", "\t"])
def test_a_key_that_is_none_is_400(upload: Upload, traces: Callable[[], Traces], key: str) -> None:
    answer = upload(headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_idempotency_key")
    assert traces() == NO_TRACE


def test_a_key_belongs_to_whoever_used_it(upload: Upload, people: People) -> None:
    mine = upload(headers={"Idempotency-Key": "k-1"})
    theirs = upload(headers={"Idempotency-Key": "k-1"}, person=people.stranger)
    assert theirs.status_code == 201
    assert theirs.get_json()["id"] != mine.get_json()["id"]


def test_a_replay_of_a_deleted_image_is_404_and_makes_none(
    client: FlaskClient, people: People, upload: Upload, traces: Callable[[], Traces]
) -> None:
    made = upload(headers={"Idempotency-Key": "k-1"})
    client.delete(made.headers["Location"], headers=people.owner.headers)
    assert upload(headers={"Idempotency-Key": "k-1"}).status_code == 404
    assert traces().images == 0


@every_backend
def test_of_two_at_once_one_makes_the_image_and_the_other_replays_it(
    app: Flask, upload: Upload, people: People, traces: Callable[[], Traces], tick: Callable[[], clock.Tick]
) -> None:
    person, barrier, answers = people.owner, threading.Barrier(2), []

    def send() -> None:
        client = app.test_client()
        barrier.wait(10)
        answers.append(upload(headers={"Idempotency-Key": "both"}, person=person, through=client))

    racers = [threading.Thread(target=send) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(30)
    assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == ["", "true"]
    tick()
    left = traces()
    assert (left.images, len(left.objects), left.removals, left.work_items, left.idempotency_keys) == (1, 1, 0, 2, 1)


@every_backend
def test_the_clock_forgets_a_key_after_a_day(
    upload: Upload, traces: Callable[[], Traces], tick: Callable[[], clock.Tick], settings: Settings
) -> None:
    first = upload(headers={"Idempotency-Key": "k-1"}).get_json()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=settings.idempotency_seconds - 5), tick=False):
        assert tick().swept == 0
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=settings.idempotency_seconds + 5), tick=False):
        assert tick().swept == 1
    assert traces().idempotency_keys == 0
    assert upload(headers={"Idempotency-Key": "k-1"}).get_json()["id"] != first["id"]
