from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import People

ADDRESS = "/api/v1/auth/logout"


def log_out(client: Any, token: str) -> Any:
    return client.post(ADDRESS, json={"refresh": token})


def info(client: Any, headers: dict[str, str]) -> int:
    return int(client.get("/api/v1/user/info", headers=headers).status_code)


@pytest.mark.every_backend
def test_logout_ends_refresh_and_access_tokens_at_once(client: Any, people: People) -> None:
    assert info(client, people.owner.headers) == 200
    response = log_out(client, people.owner.refresh)
    assert (response.status_code, response.json) == (200, {})
    assert response.headers["Cache-Control"] == "no-store"
    ended = client.get("/api/v1/user/info", headers=people.owner.headers)
    assert (ended.status_code, ended.json["code"]) == (401, "session_ended")
    again = client.post("/api/v1/auth/token/refresh", json={"refresh": people.owner.refresh})
    assert (again.status_code, again.json["code"]) == (401, "session_ended")


def test_a_second_logout_is_answered_like_the_first(client: Any, people: People) -> None:
    assert [log_out(client, people.owner.refresh).status_code for _ in range(2)] == [200, 200]


def test_a_spent_refresh_token_still_signs_out(client: Any, people: People) -> None:
    child = client.post("/api/v1/auth/token/refresh", json={"refresh": people.owner.refresh}).json
    assert log_out(client, people.owner.refresh).status_code == 200
    assert info(client, {"Authorization": f"Bearer {child['access']}"}) == 401


def test_logout_ends_one_session_only(client: Any, people: People) -> None:
    other = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": people.owner.password}).json
    assert info(client, people.stranger.headers) == 200
    assert log_out(client, people.owner.refresh).status_code == 200
    assert info(client, {"Authorization": f"Bearer {other['access']}"}) == 200
    assert info(client, people.stranger.headers) == 200


def test_logout_needs_a_token_of_ours(client: Any, people: People) -> None:
    response = log_out(client, people.owner.refresh[:-10] + "AAAAAAAAAA")
    assert (response.status_code, response.json["code"]) == (401, "token_invalid")
    assert info(client, people.owner.headers) == 200
