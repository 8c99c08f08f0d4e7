"""Where one is signed in: the list, the end of one, the end of all."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask

from aizen.auth import sessions
from aizen.database import transaction, utc_now
from aizen.settings import Settings
from tests.auth.forging import opened
from tests.conftest import People, Person

ADDRESS = "/api/v1/auth/sessions"
EVERYWHERE = "/api/v1/auth/logout-all"


def listed(client: Any, headers: dict[str, str], **arguments: Any) -> Any:
    answer = client.get(ADDRESS, headers=headers, query_string=arguments)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def signed_in_again(client: Any, person: Person, *, device: str = "another", address: str = "127.0.0.1") -> Any:
    return client.post(
        "/api/v1/auth/login",
        json={"email": person.email, "password": person.password},
        headers={"User-Agent": device},
        environ_base={"REMOTE_ADDR": address},
    ).get_json()


def session_of(token: str) -> str:
    return str(opened(token)["sid"])


def bearing(access: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access}"}


def is_signed_in(client: Any, access: str) -> bool:
    return bool(client.get("/api/v1/user/info", headers=bearing(access)).status_code == 200)


def later(seconds: float) -> Any:
    return time_machine.travel(utc_now().timestamp() + seconds, tick=True)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


# -- the list


@pytest.mark.every_database
def test_the_list_tells_where_one_is_signed_in_and_from_which_of_them_one_asks(client: Any, people: People, settings: Settings) -> None:
    owner = people.owner
    other = signed_in_again(client, owner, device="A phone", address="203.0.113.77")
    found = listed(client, owner.headers)
    assert [each["id"] for each in found] == [session_of(other["refresh"]), session_of(owner.refresh)]
    assert [each["is_current"] for each in found] == [False, True]
    assert set(found[0]) == {"id", "device", "network", "created_at", "last_used_at", "expires_at", "is_current"}
    assert (found[0]["device"], found[0]["network"]) == ("A phone", "203.0.113.0/24")
    assert [each["is_current"] for each in listed(client, bearing(other["access"]))] == [True, False]


@pytest.mark.every_database
def test_the_session_that_was_refreshed_last_stands_first(client: Any, people: People) -> None:
    owner = people.owner
    signed_in_again(client, owner)
    child = client.post("/api/v1/auth/token/refresh", json={"refresh": owner.refresh}).get_json()
    first, second = listed(client, bearing(child["access"]))
    assert (first["id"], first["is_current"]) == (session_of(owner.refresh), True)
    assert first["last_used_at"] > second["last_used_at"] > first["created_at"]


def test_neither_what_has_ended_nor_what_is_anothers_is_listed(client: Any, people: People, settings: Settings) -> None:
    owner = people.owner
    assert people.stranger.id
    out = signed_in_again(client, owner)
    client.post("/api/v1/auth/logout", json={"refresh": out["refresh"]})
    assert [each["id"] for each in listed(client, owner.headers)] == [session_of(owner.refresh)]


def test_an_expired_session_is_not_listed(client: Any, people: People, settings: Settings) -> None:
    owner = people.owner
    with later(settings.jwt_refresh_seconds - 100):
        young = signed_in_again(client, owner)
    with later(settings.jwt_refresh_seconds + 60):
        assert [each["id"] for each in listed(client, bearing(young["access"]))] == [session_of(young["refresh"])]


@pytest.mark.every_database
def test_the_pages_hold_every_session_once(client: Any, people: People) -> None:
    owner = people.owner
    ids = [session_of(owner.refresh), *(session_of(signed_in_again(client, owner)["refresh"]) for _ in range(4))]
    client.post("/api/v1/auth/token/refresh", json={"refresh": owner.refresh})
    found, address = [], f"{ADDRESS}?limit=2"
    for size in (2, 2, 1):
        answer = client.get(address, headers=owner.headers)
        assert len(answer.get_json()) == size
        found += [each["id"] for each in answer.get_json()]
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert (found, address) == ([ids[0], *ids[:0:-1]], "")


def test_a_cursor_of_another_list_is_refused(client: Any, people: People) -> None:
    for name in ("one", "two"):
        made = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": name, "scopes": ["images:read"]})
        assert made.status_code == 201
    link = client.get("/api/v1/auth/keys?limit=1", headers=people.owner.headers).headers["Link"]
    answer = client.get(ADDRESS + "?" + link.partition("?")[2].partition(">")[0], headers=people.owner.headers)
    assert refusal(answer) == (400, "cursor_mismatch")


@pytest.mark.parametrize("arguments", ["limit=0", "limit=101", "limit=x", "page=2", "cursor="])
def test_arguments_that_are_none_are_refused(client: Any, people: People, arguments: str) -> None:
    assert client.get(f"{ADDRESS}?{arguments}", headers=people.owner.headers).status_code in (400, 422)


def test_the_list_is_nobody_elses(client: Any, people: People) -> None:
    assert refusal(client.get(ADDRESS)) == (401, "not_authenticated")
    assert client.get(ADDRESS, headers=people.owner.headers).headers["Cache-Control"] == "no-store"


# -- the end of one


@pytest.mark.every_database
def test_ending_a_session_ends_its_tokens_at_once_and_no_other(client: Any, people: People) -> None:
    owner = people.owner
    other = signed_in_again(client, owner)
    answer = client.delete(f"{ADDRESS}/{session_of(other['refresh'])}", headers=owner.headers)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert not is_signed_in(client, other["access"])
    assert refusal(client.post("/api/v1/auth/token/refresh", json={"refresh": other["refresh"]})) == (401, "session_ended")
    assert is_signed_in(client, owner.access)
    assert len(listed(client, owner.headers)) == 1


def test_one_may_end_the_session_that_one_asks_from(client: Any, people: People) -> None:
    owner = people.owner
    assert client.delete(f"{ADDRESS}/{session_of(owner.refresh)}", headers=owner.headers).status_code == 204
    assert not is_signed_in(client, owner.access)


def test_what_is_anothers_unknown_or_over_is_the_same_404(client: Any, people: People) -> None:
    owner, stranger = people.owner, people.stranger
    out = signed_in_again(client, owner)
    client.post("/api/v1/auth/logout", json={"refresh": out["refresh"]})
    told = []
    for wanted in (session_of(stranger.refresh), str(uuid.uuid4()), session_of(out["refresh"])):
        answer = client.delete(f"{ADDRESS}/{wanted}", headers=owner.headers)
        told.append({name: value for name, value in answer.get_json().items() if name not in ("instance", "request_id")})
        assert answer.status_code == 404
    assert told[0] == told[1] == told[2]
    assert is_signed_in(client, stranger.access)
    assert client.delete(f"{ADDRESS}/none", headers=owner.headers).status_code == 404


# -- the end of all


@pytest.mark.every_database
def test_logging_out_everywhere_ends_every_session_of_ones_own(client: Any, people: People) -> None:
    owner, stranger = people.owner, people.stranger
    other = signed_in_again(client, owner)
    answer = client.post(EVERYWHERE, headers=owner.headers)
    assert (answer.status_code, answer.get_json()) == (200, {})
    assert "Set-Cookie" not in answer.headers
    for access in (owner.access, other["access"]):
        assert not is_signed_in(client, access)
    for refresh in (owner.refresh, other["refresh"]):
        assert refusal(client.post("/api/v1/auth/token/refresh", json={"refresh": refresh})) == (401, "session_ended")
    assert is_signed_in(client, stranger.access)


def test_logging_out_everywhere_asks_who_one_is(client: Any, people: People) -> None:
    assert refusal(client.post(EVERYWHERE)) == (401, "not_authenticated")
    assert is_signed_in(client, people.owner.access)


@pytest.mark.every_database
def test_all_but_one_session_end_in_the_callers_transaction(app: Flask, client: Any, people: People) -> None:
    owner, stranger = people.owner, people.stranger
    others = [signed_in_again(client, owner) for _ in range(2)]

    def end_the_others(*, fails: bool) -> int:
        with app.app_context(), transaction():
            ended = sessions.end_all(uuid.UUID(owner.id), but=uuid.UUID(session_of(owner.refresh)))
            if fails:
                raise ZeroDivisionError
            return ended

    with pytest.raises(ZeroDivisionError):
        end_the_others(fails=True)
    assert all(is_signed_in(client, each["access"]) for each in others)
    assert end_the_others(fails=False) == 2
    assert not any(is_signed_in(client, each["access"]) for each in others)
    assert is_signed_in(client, owner.access)
    assert is_signed_in(client, stranger.access)
    assert end_the_others(fails=False) == 0


def test_a_disabled_user_lists_and_ends_nothing(client: Any, people: People, disable: Callable[[str], None]) -> None:
    owner = people.owner
    disable(owner.id)
    assert refusal(client.get(ADDRESS, headers=owner.headers)) == (401, "session_ended")
    assert refusal(client.post(EVERYWHERE, headers=owner.headers)) == (401, "session_ended")
