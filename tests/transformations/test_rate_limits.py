"""Megapixels are what transformations are limited by, and only those that are really decoded and made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import pytest
from flask.testing import FlaskClient

from aizen.settings import Settings
from aizen.work import jobs
from tests import pictures
from tests.conftest import SECRET, Backend, People
from tests.fakes import HintList
from tests.services.valkey import Valkey
from tests.transformations.conftest import URL, Make, Rows, Transform, Watched

With = Callable[..., FlaskClient]


@pytest.fixture
def redis_url(valkey: Valkey) -> Iterator[str]:
    valkey.flush()
    yield valkey.url
    valkey.flush()


def test_a_rendering_costs_its_megapixels_and_a_hit_nothing(make: Make, transform: Transform, watched_with: With, redis_url: str) -> None:
    client = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_transform="10 per minute")
    image_id = make(pictures.jpeg(1600, 1000))
    # 1.6 megapixels are decoded and as many made.
    answer = transform(image_id, "fx=sepia", through=client)
    assert (answer.status_code, answer.headers["RateLimit"].partition(";t")[0]) == (200, '"transform";r=6')
    assert answer.headers["RateLimit-Policy"] == '"transform";q=10;w=60'
    assert "RateLimit" not in transform(image_id, "fx=sepia", through=client).headers
    # The least is one.
    assert transform(image_id, "w=16", through=client).headers["RateLimit"].startswith('"transform";r=5')


def test_too_many_megapixels_are_429_and_leave_nothing(
    make: Make, transform: Transform, watched_with: With, redis_url: str, rows: Rows, people: People, assert_clean: Callable[[], None]
) -> None:
    client = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_transform="1 per minute")
    image_id = make()
    assert transform(image_id, "w=80", through=client).status_code == 200
    for body in ({}, {"save": True}, {"mode": "async"}):
        answer = transform(image_id, "w=81", through=client, **body)
        assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_requests")
        assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert len(rows()) == 1
    # What is there is answered still.
    assert transform(image_id, "w=80", through=client).status_code == 200
    other = make(person=people.stranger)
    assert transform(other, "w=80", through=client, person=people.stranger).status_code == 200
    assert_clean()


def test_a_client_is_limited_whoever_signs_in_there(
    make: Make, transform: Transform, watched_with: With, redis_url: str, people: People
) -> None:
    client = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_transform_address="1 per minute")
    assert transform(make(), "w=80", through=client).status_code == 200
    answer = transform(make(person=people.stranger), "w=80", through=client, person=people.stranger)
    assert (answer.status_code, answer.headers["RateLimit"].partition(";")[0]) == (429, '"transform_address"')


def test_one_that_costs_more_than_the_limit_passes_after_a_rest(
    make: Make, transform: Transform, watched_with: With, redis_url: str
) -> None:
    client = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_transform="2 per minute")
    image_id = make(pictures.jpeg(1600, 1000))
    assert transform(image_id, "fx=sepia", through=client).status_code == 200
    assert transform(image_id, "w=16", through=client).status_code == 429


def test_an_order_costs_something_even_of_what_is_there(make: Make, transform: Transform, watched_with: With, redis_url: str) -> None:
    client, image_id = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_transform="2 per minute"), make()
    assert transform(image_id, "w=80", through=client).status_code == 200
    answers = [transform(image_id, "w=80", mode="async", through=client) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]
    assert answers[0].headers["RateLimit"].startswith('"transform";r=0;')


def test_who_is_refused_takes_nothing_of_what_their_network_has(
    make: Make, transform: Transform, watched_with: With, redis_url: str, people: People
) -> None:
    limits = {"rate_limit_transform": "1 per minute", "rate_limit_transform_address": "2 per minute"}
    client, image_id, other = watched_with(redis_url=redis_url, redis_seconds=2, **limits), make(), make(person=people.stranger)
    assert [transform(image_id, f"w={width}", through=client).status_code for width in (80, 81, 82, 83)] == [200, 429, 429, 429]
    assert transform(other, "w=80", through=client, person=people.stranger).status_code == 200


def test_who_is_told_to_come_back_has_paid_once(
    client: FlaskClient, make: Make, transform: Transform, watched: Watched, watched_with: With, redis_url: str, people: People
) -> None:
    limited, image_id = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_transform="9 per minute"), make()

    def look_elsewhere() -> None:
        point = {"x": len(watched.orders) / 10, "y": 0.5}
        client.patch(f"{URL}/{image_id}", headers=people.owner.headers, json={"focal_point": point})

    watched.meanwhile = look_elsewhere
    answer = transform(image_id, "w=40,h=40", through=limited)
    assert (answer.status_code, answer.get_json()["code"], len(watched.orders)) == (503, "image_changed", 2)
    assert answer.headers["RateLimit"].startswith('"transform";r=8;')


# -- what is kept as an image


def test_what_is_kept_counts_as_an_upload_whoever_renders_it(
    make: Make, transform: Transform, watched_with: With, redis_url: str, assert_clean: Callable[[], None]
) -> None:
    client, image_id = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_upload="3 per hour"), make()
    how: list[dict[str, Any]] = [{}, {"mode": "async"}, {}, {}, {"mode": "async"}]
    answers = [transform(image_id, "w=80", save=True, through=client, **each) for each in how]
    assert [answer.status_code for answer in answers] == [201, 202, 201, 429, 429]
    assert [answer.headers["RateLimit"].partition(";")[0] for answer in answers[3:]] == ['"upload"'] * 2
    assert transform(image_id, "w=80", through=client).status_code == 200
    assert_clean()


def test_past_the_limit_of_descriptions_an_image_is_kept_without_one(
    client: FlaskClient,
    people: People,
    make: Make,
    transform: Transform,
    watched_with: With,
    redis_url: str,
    queue: HintList,
) -> None:
    limited, image_id = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_describe="1 per hour"), make()
    at_once = [transform(image_id, f"w={width}", save=True, through=limited).get_json()["id"] for width in (80, 81)]
    job = transform(image_id, "w=82", save=True, mode="async", through=limited).headers["Location"]
    with limited.application.app_context():
        while hints := queue.take():
            for hint in hints:
                jobs.perform(hint)
    later = client.get(job, headers=people.owner.headers).get_json()["result"]["id"]
    shown = [client.get(f"{URL}/{each}", headers=people.owner.headers).get_json() for each in (*at_once, later)]
    assert [(image["status"], image["ai"]["status"]) for image in shown] == [("ready", "done"), ("ready", "skipped"), ("ready", "skipped")]


# -- half of the threads


class Gate:
    """Every rendering stays in it until it is opened; ``begun`` counts them."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self._is_open = threading.Event()

    def stay(self) -> None:
        self.begun.release()
        self._is_open.wait(20)

    def open(self) -> None:
        self._is_open.set()


@pytest.fixture
def gate(watched: Watched) -> Iterator[Gate]:
    made = Gate()
    watched.meanwhile = made.stay
    yield made
    made.open()


def test_renderings_hold_half_of_the_threads_and_the_others_answer(
    backend: Backend,
    make: Make,
    transform: Transform,
    watched_with: With,
    gate: Gate,
    people: People,
    redis_url: str,
) -> None:
    client = watched_with(redis_url=redis_url, redis_seconds=2, rate_limit_transform="6 per minute")
    app, image_id = client.application, make()
    half = Settings(secret_key=SECRET).web_threads // 2
    transform(image_id, "w=70", through=backend.app.test_client())
    with ThreadPoolExecutor(half) as threads:
        asked = [threads.submit(transform, image_id, f"w={80 + number}", through=app.test_client()) for number in range(half)]
        assert all(gate.begun.acquire(timeout=10) for _ in asked)
        for body in ({}, {"save": True}):
            answer = transform(image_id, "w=99", through=client, **body)
            assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "renderer_busy", "5")
        # Whatever renders nothing is answered at once: what is there, what a worker will do, and everything else.
        assert client.get(f"{URL}/{image_id}", headers=people.owner.headers).status_code == 200
        assert transform(image_id, "w=70", through=client).get_json()["cached"] is True
        assert transform(image_id, "w=98", mode="async", through=client).status_code == 202
        gate.open()
        assert [each.result().status_code for each in asked] == [200] * half
    # Who was refused has paid nothing.
    last = transform(image_id, "w=99", through=client)
    assert (last.status_code, last.headers["RateLimit"].partition(";t")[0]) == (200, '"transform";r=0')


def test_who_waits_for_the_same_picture_is_counted_too(
    make: Make, transform: Transform, watched: Watched, watched_with: With, gate: Gate
) -> None:
    app, image_id = watched_with().application, make()
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(transform, image_id, "w=80", through=app.test_client()) for _ in range(8)]
        refused = [each.result(10).get_json()["code"] for _, each in zip(range(4), as_completed(asked, timeout=10), strict=False)]
        gate.open()
        answers = [each.result() for each in asked]
    assert refused == ["renderer_busy"] * 4
    assert sorted(answer.get_json().get("cached", "busy") for answer in answers if answer.status_code == 200) == [False, True, True, True]
    assert len(watched.orders) == 1


def test_one_thread_renders_too(make: Make, transform: Transform, watched_with: With) -> None:
    assert transform(make(), "w=80", through=watched_with(web_threads=1)).status_code == 200
