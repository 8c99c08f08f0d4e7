"""Guessing at passwords is slow, many people may share one address, and nobody locks the owner out."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from aizen.database import utc_now
from tests.conftest import PASSWORD, People
from tests.services.valkey import Valkey

ADDRESS = "/api/v1/auth/login"
WRONG = "a wrong guess"
HOME, HOME_TOO, ELSEWHERE = "203.0.113.7", "203.0.113.99", "192.0.2.1"
NOBODY = "nobody@example.org"
MakeApp = Callable[..., Flask]


@pytest.fixture
def redis_url(valkey: Valkey) -> Iterator[str]:
    valkey.flush()
    yield valkey.url
    valkey.flush()


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, *, address: str = HOME) -> Any:
    return client.post(ADDRESS, json={"email": email, "password": password}, environ_base={"REMOTE_ADDR": address})


def behind_proxy(client: FlaskClient, email: str, password: str = PASSWORD, *, forwarded: str) -> Any:
    return client.post(ADDRESS, json={"email": email, "password": password}, headers={"X-Forwarded-For": forwarded})


def told(response: Any) -> tuple[Any, ...]:
    """All that an answer tells, but its id and the seconds to wait."""
    body = {name: re.sub(r"\d+ seconds", "some seconds", str(value)) for name, value in response.json.items() if name != "request_id"}
    headers = {name: value for name, value in response.headers.items() if name not in ("X-Request-Id", "Date", "Retry-After")}
    headers["RateLimit"] = headers["RateLimit"].partition(";t=")[0]
    return response.status_code, body, headers


# -- by client, and by account and network


def test_a_whole_office_behind_one_address_signs_in(make_app: MakeApp, people: People) -> None:
    client, email = make_app(rate_limit_login="3 per minute", rate_limit_account="3 per minute").test_client(), people.owner.email
    assert [sign_in(client, email).status_code for _ in range(40)] == [200] * 40
    assert sign_in(client, email).headers["RateLimit"].startswith('"login";r=3;')


def test_too_many_failures_of_one_client_are_answered_429(make_app: MakeApp, people: People) -> None:
    client = make_app(rate_limit_login="3 per minute").test_client()
    answers = [sign_in(client, f"nobody{count}@example.org") for count in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert [answer.headers["RateLimit"].partition(";t=")[0] for answer in answers] == [f'"login";r={left}' for left in (2, 1, 0, 0)]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 61
    assert answers[3].headers["RateLimit-Policy"] == '"login";q=3;w=60'
    assert answers[3].headers["Cache-Control"] == "no-store"
    assert sign_in(client, people.owner.email).status_code == 429
    assert sign_in(client, people.owner.email, address=HOME_TOO).status_code == 200


def test_too_many_failures_at_one_account_are_answered_429_to_their_network_only(make_app: MakeApp, people: People) -> None:
    client, owner = make_app(rate_limit_login="3 per minute").test_client(), people.owner
    for last in range(3):
        assert sign_in(client, owner.email, WRONG, address=f"203.0.113.{last}").status_code == 401
    assert sign_in(client, owner.email.upper(), address="203.0.113.99").status_code == 429
    assert sign_in(client, people.stranger.email, address="203.0.113.99").status_code == 200
    assert sign_in(client, owner.email, address="198.51.100.1").status_code == 200


def test_a_client_has_a_whole_64_of_ipv6(make_app: MakeApp, people: People) -> None:
    client = make_app(rate_limit_login="3 per minute").test_client()
    answers = [sign_in(client, f"nobody{last}@example.org", address=f"2001:db8:0:1:{last}::{last}") for last in range(1, 5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert sign_in(client, people.owner.email, address="2001:db8:0:2::1").status_code == 200


def test_a_body_that_is_refused_is_no_failure(make_app: MakeApp, people: People) -> None:
    client = make_app(rate_limit_login="2 per minute").test_client()
    assert [client.post(ADDRESS, json={"email": people.owner.email}).status_code for _ in range(4)] == [422] * 4
    assert client.post(ADDRESS, json={"email": people.owner.email, "password": PASSWORD}).status_code == 200


def test_what_was_refused_makes_nobody_wait_longer(make_app: MakeApp, people: People) -> None:
    client, email = make_app(rate_limit_login="2 per hour", rate_limit_account="2 per hour").test_client(), people.owner.email
    begun = utc_now().timestamp()
    with time_machine.travel(begun, tick=True):
        assert [sign_in(client, email, WRONG).status_code for _ in range(4)] == [401, 401, 429, 429]
    with time_machine.travel(begun + 1800, tick=True):
        assert sign_in(client, email).status_code == 429
    with time_machine.travel(begun + 3660, tick=True):
        assert sign_in(client, email, WRONG).status_code == 401


@pytest.mark.parametrize(
    ("email", "address"),
    [("nobody@example.org", "203.0.113.{}"), ("nobody{}@example.org", "203.0.113.1")],
    ids=["account and network", "client"],
)
def test_of_many_failures_at_once_no_more_than_the_limit_are_told_so(make_app: MakeApp, email: str, address: str) -> None:
    app, together = make_app(rate_limit_login="4 per minute"), threading.Barrier(8)
    statuses: list[int] = []

    def guess(number: int) -> None:
        together.wait(30)
        statuses.append(sign_in(app.test_client(), email.format(number), WRONG, address=address.format(number)).status_code)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [401] * 4 + [429] * 4


# -- by account


def use_up(client: FlaskClient, email: str, *, tries: int) -> None:
    """An attacker in many networks has made that many failures."""
    for number in range(tries):
        assert behind_proxy(client, email, WRONG, forwarded=f"198.51.{number}.1").status_code == 401


@pytest.mark.every_backend
def test_an_attacker_in_many_networks_is_stopped_and_the_owner_is_not(make_app: MakeApp, people: People) -> None:
    client, email = make_app(trusted_proxies=1, rate_limit_account="5 per hour").test_client(), people.owner.email
    assert behind_proxy(client, email, forwarded=HOME).status_code == 200
    use_up(client, email, tries=5)
    refused = behind_proxy(client, email, forwarded=ELSEWHERE)
    assert (refused.status_code, refused.headers["RateLimit-Policy"]) == (429, '"account";q=5;w=3600')
    assert 3500 < int(refused.headers["Retry-After"]) <= 3601
    assert behind_proxy(client, email, WRONG, forwarded=HOME_TOO).status_code == 401
    assert behind_proxy(client, email, forwarded=HOME_TOO).status_code == 200
    assert behind_proxy(client, people.stranger.email, forwarded=ELSEWHERE).status_code == 200


def test_an_attacker_cannot_pretend_to_be_in_the_owners_network(make_app: MakeApp, people: People) -> None:
    client, email = make_app(trusted_proxies=1, rate_limit_account="2 per hour").test_client(), people.owner.email
    assert behind_proxy(client, email, forwarded=HOME).status_code == 200
    use_up(client, email, tries=2)
    assert behind_proxy(client, email, forwarded=f"{HOME}, {ELSEWHERE}").status_code == 429


def test_a_network_that_signed_in_to_another_account_is_not_known_to_this_one(make_app: MakeApp, people: People) -> None:
    client, email = make_app(trusted_proxies=1, rate_limit_account="2 per hour").test_client(), people.owner.email
    assert behind_proxy(client, people.stranger.email, forwarded=ELSEWHERE).status_code == 200
    use_up(client, email, tries=2)
    assert behind_proxy(client, email, forwarded=ELSEWHERE).status_code == 429


def test_a_network_that_signed_out_is_still_known(make_app: MakeApp, people: People) -> None:
    client, email = make_app(trusted_proxies=1, rate_limit_account="2 per hour").test_client(), people.owner.email
    client.post("/api/v1/auth/logout", json={"refresh": behind_proxy(client, email, forwarded=HOME).json["refresh"]})
    use_up(client, email, tries=2)
    assert behind_proxy(client, email, forwarded=HOME).status_code == 200


def test_the_owner_keeps_the_known_network_however_long_the_attack_lasts(make_app: MakeApp, people: People) -> None:
    client, email = (
        make_app(trusted_proxies=1, rate_limit_login="3 per hour", rate_limit_account="2 per hour").test_client(),
        people.owner.email,
    )
    assert behind_proxy(client, email, forwarded=HOME).status_code == 200
    use_up(client, email, tries=2)
    assert {behind_proxy(client, email, WRONG, forwarded=f"192.0.{number}.1").status_code for number in range(20)} == {429}
    assert behind_proxy(client, email, forwarded=HOME).status_code == 200


def test_429_does_not_tell_whether_there_is_such_an_account(make_app: MakeApp, people: People, disable: Callable[[str], None]) -> None:
    client = make_app(trusted_proxies=1, rate_limit_account="2 per hour").test_client()
    disable(people.named("disabled").id)
    answers = []
    for email in (people.owner.email, NOBODY, "disabled@example.org"):
        use_up(client, email, tries=2)
        answers.append(told(behind_proxy(client, email, WRONG, forwarded=ELSEWHERE)))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 429


def test_what_a_client_has_left_tells_nothing_of_the_tries_of_others(make_app: MakeApp, people: People) -> None:
    client = make_app(rate_limit_login="9 per hour", rate_limit_account="9 per hour").test_client()
    for last in range(4):
        sign_in(client, people.owner.email, WRONG, address=f"203.0.113.{last}")
    tried, untried = sign_in(client, people.owner.email, WRONG, address="203.0.113.50"), sign_in(client, NOBODY, address="203.0.113.60")
    assert told(tried) == told(untried)


# -- where the client is


def test_without_proxies_nobody_evades_by_a_header(make_app: MakeApp, people: People) -> None:
    client = make_app(rate_limit_login="3 per minute", trusted_proxies=0).test_client()
    answers = [behind_proxy(client, people.owner.email, WRONG, forwarded=f"198.51.{number}.1") for number in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]


# -- where the counts are


def test_failures_are_counted_over_all_processes(make_app: MakeApp, people: People, redis_url: str) -> None:
    changes = {"redis_url": redis_url, "redis_seconds": 2, "trusted_proxies": 1, "rate_limit_account": "4 per hour"}
    one, other = (make_app(**changes).test_client() for _ in range(2))
    email = people.owner.email
    assert behind_proxy(one, email, forwarded=HOME).status_code == 200
    use_up(one, email, tries=2)
    use_up(other, email, tries=2)
    for client in (one, other):
        assert behind_proxy(client, email, forwarded=ELSEWHERE).status_code == 429
        assert behind_proxy(client, email, forwarded=HOME).status_code == 200


def test_without_redis_each_process_still_stops_an_attacker(make_app: MakeApp, people: People) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    client = make_app(redis_url=nowhere, trusted_proxies=1, rate_limit_account="2 per hour").test_client()
    assert behind_proxy(client, people.owner.email, forwarded=HOME).status_code == 200
    use_up(client, people.owner.email, tries=2)
    assert behind_proxy(client, people.owner.email, forwarded=ELSEWHERE).status_code == 429
    assert behind_proxy(client, people.owner.email, forwarded=HOME).status_code == 200
