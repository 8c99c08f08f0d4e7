"""Rate limits: told to the client, counted over all processes, and never in the way when Redis is down."""

from __future__ import annotations

import dataclasses
import io
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.settings import Settings
from aizen.web.limits import RateLimits, Window
from tests import pictures
from tests.conftest import PASSWORD, People, Person
from tests.services.valkey import Valkey

Client = Callable[..., FlaskClient]
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis_url(valkey: Valkey) -> Iterator[str]:
    valkey.flush()
    yield valkey.url
    valkey.flush()


def log_in(client: FlaskClient, person: Person, *, password: str = PASSWORD) -> TestResponse:
    return client.post("/api/v1/auth/login", json={"email": person.email, "password": password})


def refresh(client: FlaskClient) -> TestResponse:
    return client.post("/api/v1/auth/token/refresh", json={"refresh": "nonsense"})


def told(answer: TestResponse) -> tuple[int, int]:
    """What is left, and in how many seconds the window is over, by the RateLimit field."""
    found = re.fullmatch(r'"\w+";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    assert found
    return int(found[1]), int(found[2])


def at_once(threads: int, ask: Callable[[], Window]) -> list[Window]:
    """What as many threads are answered that ask together."""
    together, answers = threading.Barrier(threads), list[Window]()

    def wait_and_ask() -> None:
        together.wait(30)
        answers.append(ask())

    asking = [threading.Thread(target=wait_and_ask) for _ in range(threads)]
    for each in asking:
        each.start()
    for each in asking:
        each.join(30)
    return answers


def test_a_limited_route_tells_what_is_left(client_with: Client, redis_url: str) -> None:
    client = client_with(redis_url=redis_url, redis_seconds=2, rate_limit_refresh="5 per minute")
    answers = [refresh(client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert [told(answer)[0] for answer in answers] == [4, 3, 2]
    assert all(0 < told(answer)[1] <= 61 for answer in answers)
    assert answers[0].headers["RateLimit-Policy"] == '"refresh";q=5;w=60'


def test_one_request_too_many_is_429_with_the_time_to_wait(client_with: Client, redis_url: str) -> None:
    client = client_with(redis_url=redis_url, redis_seconds=2, rate_limit_refresh="2 per minute")
    refresh(client), refresh(client)
    answer = refresh(client)
    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_requests")
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert told(answer) == (0, int(answer.headers["Retry-After"]))
    assert answer.headers["Cache-Control"] == "no-store"


def test_after_the_time_to_wait_the_next_request_passes(client_with: Client, redis_url: str) -> None:
    client = client_with(redis_url=redis_url, redis_seconds=2, rate_limit_refresh="1 per second")
    refresh(client)
    refused = refresh(client)
    assert refused.status_code == 429
    ends = time.monotonic() + int(refused.headers["Retry-After"]) + 1
    while refresh(client).status_code == 429:
        assert time.monotonic() < ends
        threading.Event().wait(0.05)


def test_the_counts_are_shared_by_all_processes(client_with: Client, redis_url: str) -> None:
    one, other = (client_with(redis_url=redis_url, redis_seconds=2, rate_limit_refresh="3 per minute") for _ in range(2))
    assert [refresh(each).status_code for each in (one, other, one, other, one)] == [401, 401, 401, 429, 429]


def test_many_at_once_never_pass_the_limit(client_with: Client, redis_url: str) -> None:
    clients = [client_with(redis_url=redis_url, redis_seconds=5, rate_limit_refresh="10 per minute") for _ in range(2)]
    statuses: list[int] = []

    def send(client: FlaskClient) -> None:
        statuses.extend(refresh(client.application.test_client()).status_code for _ in range(5))

    threads = [threading.Thread(target=send, args=(clients[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [401] * 10 + [429] * 10


def test_uploads_are_counted_for_each_user(client_with: Client, redis_url: str, people: People) -> None:
    client = client_with(redis_url=redis_url, redis_seconds=2, rate_limit_upload="1 per hour")

    def upload(person: Person) -> int:
        return client.post("/api/v1/images", headers=person.headers, data={"image": (io.BytesIO(pictures.jpeg()), "a.jpg")}).status_code

    assert [upload(people.owner), upload(people.owner), upload(people.stranger)] == [201, 429, 201]


def test_an_upload_over_the_limit_leaves_nothing(client_with: Client, redis_url: str, people: People) -> None:
    client = client_with(redis_url=redis_url, redis_seconds=2, rate_limit_upload="1 per hour")
    for _ in range(3):
        client.post("/api/v1/images", headers=people.owner.headers, data={"image": (io.BytesIO(pictures.jpeg()), "a.jpg")})
    assert len(client.get("/api/v1/images", headers=people.owner.headers).get_json()) == 1


def test_the_policies_count_apart(client_with: Client, redis_url: str, people: People) -> None:
    client = client_with(redis_url=redis_url, redis_seconds=2, rate_limit_refresh="1 per hour", rate_limit_login="5 per hour")
    refresh(client)
    assert refresh(client).status_code == 429
    assert log_in(client, people.owner).status_code == 200


# -- who is one client


def registered(client: FlaskClient, *, name: str, address: str) -> int:
    body = {"email": f"{name}@example.org", "username": name, "password": PASSWORD}
    return client.post("/api/v1/auth/register", json=body, environ_base={"REMOTE_ADDR": address}).status_code


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("203.0.113.1", "203.0.113.2", False),
        ("203.0.113.1", "::ffff:203.0.113.1", True),
        ("::ffff:203.0.113.1", "::ffff:203.0.113.2", False),
        ("203.0.113.1:4711", "203.0.113.1:4712", True),
    ],
)
def test_a_client_is_an_ipv4_address_or_a_64_of_ipv6(client_with: Client, first: str, second: str, is_one: bool) -> None:
    client = client_with(rate_limit_register="1 per hour")
    assert registered(client, name="first", address=first) == 201
    assert registered(client, name="second", address=second) == (429 if is_one else 201)


@pytest.mark.parametrize("address", ["/healthz", "/api/v1/openapi.json"])
def test_what_is_not_limited_tells_nothing(client: FlaskClient, address: str) -> None:
    assert "RateLimit" not in client.get(address).headers


# -- Redis away


def test_without_redis_each_process_counts_for_itself(client_with: Client) -> None:
    client = client_with(redis_url=NOWHERE, rate_limit_refresh="2 per hour")
    assert [refresh(client).status_code for _ in range(3)] == [401, 401, 429]


def test_without_redis_requests_that_come_at_once_are_counted_and_none_fails(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    limits = RateLimits(dataclasses.replace(settings, redis_url=NOWHERE, rate_limit_refresh="4 per hour"))
    faults: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda fault: faults.append(fault.exc_value))
    monkeypatch.setattr(threading, "excepthook", lambda fault: faults.append(fault.exc_value))
    # Threads take turns as often as can be: otherwise what one of them leaves half done is seen by another once in thousands.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for key in map(str, range(100)):
            windows = at_once(8, partial(limits.count, "refresh", key))
            assert sorted(window.passes for window in windows) == [False] * 4 + [True] * 4
            for each in threading.enumerate():  # the library sweeps its counters 10 ms later; the faults were in the next beginning of it
                if isinstance(each, threading.Timer):
                    each.join(10)
    finally:
        sys.setswitchinterval(usual)
    assert faults == []


def test_a_redis_that_hangs_costs_its_time_out_once(client_with: Client, valkey: Valkey, redis_url: str) -> None:
    client = client_with(redis_url=redis_url, redis_seconds=0.25, rate_limit_refresh="100 per hour")
    assert refresh(client).status_code == 401
    valkey.pause()
    try:
        begun = time.monotonic()
        assert [refresh(client).status_code for _ in range(5)] == [401] * 5
        assert time.monotonic() - begun < 2.5
    finally:
        valkey.resume()


def test_a_redis_that_is_full_does_not_stop_anybody(client_with: Client, valkey: Valkey, redis_url: str) -> None:
    client = client_with(redis_url=redis_url, redis_seconds=2, rate_limit_refresh="2 per hour")
    valkey.fill()
    try:
        assert [refresh(client).status_code for _ in range(3)] == [401, 401, 429]
    finally:
        valkey.empty_out()
