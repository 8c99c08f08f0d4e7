"""Megapixels are what transformations are limited by, and only those that are really decoded and made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from tests import pictures
from tests.conftest import People
from tests.services.valkey import Valkey
from tests.transformations.conftest import Make, Rows, Transform

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
