from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask

from aizen.database import utc_now
from aizen.settings import Settings
from tests.auth.forging import opened
from tests.conftest import People

ADDRESS = "/api/v1/auth/token/refresh"


def refresh(client: Any, token: str) -> Any:
    return client.post(ADDRESS, json={"refresh": token})


def is_signed_in(client: Any, access: str) -> bool:
    return bool(client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {access}"}).status_code == 200)


def later(seconds: float) -> Any:
    return time_machine.travel(utc_now().timestamp() + seconds, tick=True)


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json["code"]


@pytest.mark.every_backend
def test_refresh_answers_a_new_pair_of_the_same_session(client: Any, people: People) -> None:
    response = refresh(client, people.owner.refresh)
    assert response.status_code == 200
    assert set(response.json) == {"access", "refresh", "token_type", "expires_in"}
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json["refresh"] != people.owner.refresh
    assert opened(response.json["refresh"])["sid"] == opened(people.owner.refresh)["sid"]
    assert is_signed_in(client, response.json["access"])
    assert refresh(client, response.json["refresh"]).status_code == 200


def test_a_session_lives_on_as_long_as_it_is_refreshed(client: Any, people: People, settings: Settings) -> None:
    token = people.owner.refresh
    begun = utc_now().timestamp()
    for step in range(1, 5):
        with time_machine.travel(begun + step * 0.7 * settings.jwt_refresh_seconds):
            answer = refresh(client, token)
        assert answer.status_code == 200
        token = answer.json["refresh"]


def _signed_in_again(client: Any, people: People) -> str:
    answer = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": people.owner.password})
    return str(answer.json["refresh"])


def test_a_session_that_is_not_refreshed_expires(client: Any, people: People, settings: Settings) -> None:
    token = people.owner.refresh
    with later(settings.jwt_refresh_seconds + 30):
        assert refusal(refresh(client, token)) == (401, "token_expired")


@pytest.mark.every_backend
def test_a_spent_token_answers_its_own_successor_for_some_seconds(client: Any, people: People, settings: Settings) -> None:
    first = refresh(client, people.owner.refresh).json
    with later(settings.refresh_grace_seconds - 2):
        again = refresh(client, people.owner.refresh)
        assert again.status_code == 200
        assert again.json["refresh"] == first["refresh"]
        assert is_signed_in(client, again.json["access"])


@pytest.mark.every_backend
def test_the_reuse_of_a_spent_token_ends_the_session_at_once(client: Any, people: People, settings: Settings) -> None:
    child = refresh(client, people.owner.refresh).json
    with later(settings.refresh_grace_seconds + 1):
        assert refusal(refresh(client, people.owner.refresh)) == (401, "refresh_token_reused")
        assert not is_signed_in(client, people.owner.access)
        assert not is_signed_in(client, child["access"])
        assert refusal(refresh(client, child["refresh"])) == (401, "session_ended")
        assert refusal(refresh(client, people.owner.refresh)) == (401, "session_ended")


def test_a_spent_token_has_no_grace_once_its_successor_was_used(client: Any, people: People) -> None:
    child = refresh(client, people.owner.refresh).json
    grandchild = refresh(client, child["refresh"]).json
    assert refusal(refresh(client, people.owner.refresh)) == (401, "refresh_token_reused")
    assert not is_signed_in(client, grandchild["access"])


def test_the_end_of_one_session_leaves_the_others_alone(client: Any, people: People) -> None:
    other = _signed_in_again(client, people)
    child = refresh(client, people.owner.refresh).json
    refresh(client, child["refresh"])
    assert refusal(refresh(client, people.owner.refresh)) == (401, "refresh_token_reused")
    assert refresh(client, other).status_code == 200
    assert refresh(client, people.stranger.refresh).status_code == 200


def at_once(app: Flask, token: str, *, count: int = 10) -> list[Any]:
    """The answers to that many refreshes that begin at the same moment."""
    barrier = threading.Barrier(count)
    answers: list[Any] = []

    def ask() -> None:
        with app.test_client() as client:
            barrier.wait(timeout=30)
            answers.append(refresh(client, token))

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == count
    return answers


@pytest.mark.every_backend
def test_ten_refreshes_at_once_get_one_and_the_same_successor(app: Flask, client: Any, people: People) -> None:
    answers = at_once(app, people.owner.refresh)
    assert [answer.status_code for answer in answers] == [200] * 10
    children = {answer.json["refresh"] for answer in answers}
    assert len(children) == 1
    assert refresh(client, children.pop()).status_code == 200


@pytest.mark.every_backend
def test_without_grace_ten_refreshes_at_once_leave_no_thief_a_token(make_app: Callable[..., Any], people: People) -> None:
    strict = make_app(refresh_grace_seconds=0)
    answers = at_once(strict, people.owner.refresh)
    won = [answer.json["refresh"] for answer in answers if answer.status_code == 200]
    assert sorted({answer.status_code for answer in answers}) == [200, 401]
    assert len(won) == 1
    assert refusal(refresh(strict.test_client(), won[0])) == (401, "session_ended")


def test_a_disabled_user_cannot_refresh(client: Any, people: People, disable: Callable[[str], None]) -> None:
    token = people.owner.refresh
    disable(people.owner.id)
    assert refusal(refresh(client, token)) == (401, "session_ended")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"refresh": None}, "null"),
        ({"refresh": 1}, "wrong_type"),
        ({"refresh": "a\0"}, "nul_character"),
        ({"refresh": "\ud800"}, "lone_surrogate"),
        ({"refresh": "x", "user_id": "y"}, "unknown_field"),
    ],
)
@pytest.mark.parametrize("address", [ADDRESS, "/api/v1/auth/logout"])
def test_each_bad_value_has_its_own_code(client: Any, address: str, body: dict[str, Any], code: str) -> None:
    response = client.post(address, json=body)
    assert (response.status_code, response.json["errors"][0]["code"]) == (422, code)


def test_too_many_refreshes_of_one_client_are_answered_429(make_app: Callable[..., Any]) -> None:
    client = make_app(rate_limit_refresh="2 per minute").test_client()
    answers = [refresh(client, "x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert "Retry-After" in answers[2].headers
    assert answers[2].headers["RateLimit"].startswith('"refresh";r=0;t=')
