from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from aizen.auth.models import Session, User
from aizen.database import db
from tests.conftest import PASSWORD, People

ADDRESS = "/api/v1/auth/register"
ADA = {"email": "ada@example.org", "username": "ada", "password": PASSWORD}


def first_error(response: Any) -> tuple[int, str, str]:
    """Status, pointer and code of the first field that was refused."""
    assert response.content_type == "application/problem+json", response.text
    return response.status_code, response.json["errors"][0]["pointer"], response.json["errors"][0]["code"]


def count_users(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(User)) or 0


@pytest.mark.every_backend
def test_register_answers_the_user_and_tokens_that_work(client: Any) -> None:
    response = client.post(ADDRESS, json=ADA)
    assert response.status_code == 201
    user, tokens = response.json["user"], response.json["tokens"]
    assert user == {
        "id": user["id"],
        "email": "ada@example.org",
        "pending_email": None,
        "username": "ada",
        "first_name": "",
        "last_name": "",
        "date_joined": user["date_joined"],
        "email_verified": False,
        "role": "user",
        "storage": {"used": 0, "quota": 10 * 1024**3},
    }
    assert uuid.UUID(user["id"]).version == 7
    assert abs(datetime.fromisoformat(user["date_joined"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert (tokens["token_type"], tokens["expires_in"], set(tokens)) == ("Bearer", 900, {"access", "refresh", "token_type", "expires_in"})
    assert response.headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {tokens['access']}"}).json == user


def test_without_a_username_one_is_made_up(client: Any) -> None:
    names = {
        client.post(ADDRESS, json={"email": f"{count}@example.org", "password": PASSWORD}).json["user"]["username"] for count in range(3)
    }
    assert len(names) == 3
    assert all(re.fullmatch(r"user-[a-z0-9]{8}", name) for name in names)


def test_the_password_is_stored_as_an_argon2id_hash_only(app: Flask, client: Any) -> None:
    client.post(ADDRESS, json=ADA)
    with app.app_context():
        row = db.session.execute(sa.select(User.__table__)).one()
    assert row.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not any(PASSWORD in str(value) for value in row)


def test_the_session_keeps_device_and_network_and_no_whole_address(app: Flask, client: Any) -> None:
    headers = {"User-Agent": "curl/8 \u00e9" + "x" * 500}
    client.post(ADDRESS, json=ADA, headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.77"})
    with app.app_context():
        row = db.session.execute(sa.select(Session.device, Session.network)).one()
    assert row.device.startswith("curl/8 ")
    assert len(row.device) == 200
    assert row.network == "203.0.113.0/24"


@pytest.mark.every_backend
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ada@example.org", "ADA@Example.ORG"),
        ("stra\u00dfe@example.org", "STRASSE@example.org"),
        ("kim@example.org", "\u212aim@example.org"),
        ("\u0130lker@example.org", "i\u0307lker@example.org"),
    ],
)
def test_an_email_address_that_differs_only_in_case_is_taken(client: Any, first: str, second: str) -> None:
    assert client.post(ADDRESS, json={"email": first, "password": PASSWORD}).status_code == 201
    response = client.post(ADDRESS, json={"email": second, "password": PASSWORD})
    assert first_error(response) == (409, "/email", "taken")
    assert response.json["code"] == "taken"


@pytest.mark.every_backend
def test_a_username_that_differs_only_in_case_is_taken(client: Any) -> None:
    assert client.post(ADDRESS, json=ADA).status_code == 201
    response = client.post(ADDRESS, json={**ADA, "email": "other@example.org", "username": "ADA"})
    assert first_error(response) == (409, "/username", "taken")


def test_the_email_address_is_shown_as_it_was_typed(client: Any) -> None:
    assert client.post(ADDRESS, json={"email": "  Ada.Lovelace@EXAMPLE.org ", "password": PASSWORD}).json["user"]["email"] == (
        "Ada.Lovelace@example.org"
    )


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"email": "ada"}, "/email", "not_an_email"),
        ({"email": "a@b@c.org"}, "/email", "not_an_email"),
        ({"email": ""}, "/email", "not_an_email"),
        ({"email": "a" * 250 + "@example.org"}, "/email", "too_long"),
        ({"email": "\ufdfa" * 20 + "@example.org"}, "/email", "too_long"),
        ({"email": None}, "/email", "null"),
        ({"email": 1}, "/email", "wrong_type"),
        ({"email": ["ada@example.org"]}, "/email", "wrong_type"),
        ({"email": "a\0da@example.org"}, "/email", "nul_character"),
        ({"email": "a\ud800da@example.org"}, "/email", "lone_surrogate"),
        ({"username": "ab"}, "/username", "too_short"),
        ({"username": "a" * 31}, "/username", "too_long"),
        ({"username": "ada@example.org"}, "/username", "not_a_username"),
        ({"username": "-ada"}, "/username", "not_a_username"),
        ({"username": "ada lovelace"}, "/username", "not_a_username"),
        ({"username": "\u0430da"}, "/username", "not_a_username"),
        ({"username": "ada\nx"}, "/username", "control_character"),
        ({"username": "a\0da"}, "/username", "nul_character"),
        ({"username": "a\udfffda"}, "/username", "lone_surrogate"),
        ({"username": {}}, "/username", "wrong_type"),
        ({"username": None}, "/username", "null"),
        ({"password": 12345678}, "/password", "wrong_type"),
        ({"password": True}, "/password", "wrong_type"),
        ({"password": None}, "/password", "null"),
        ({"password": "quiet\0lake"}, "/password", "nul_character"),
        ({"password": "quiet\ud83dlake"}, "/password", "lone_surrogate"),
        ({"password": "short"}, "/password", "too_short"),
        ({"password": "x" * 129}, "/password", "too_long"),
        ({"password": "x" * 200_000}, "/password", "too_long"),
        ({"password": "4829105736"}, "/password", "only_digits"),
        ({"password": "Password1!"}, "/password", "too_common"),
        ({"password": "ada@example"}, "/password", "like_own_data"),
        ({"password": "Countess1", "username": "countess"}, "/password", "like_own_data"),
        ({"password2": PASSWORD + " "}, "/password2", "passwords_differ"),
        ({"password2": ""}, "/password2", "passwords_differ"),
        ({"password2": 1}, "/password2", "wrong_type"),
    ],
)
def test_each_bad_value_has_its_own_code(app: Flask, client: Any, changes: dict[str, Any], pointer: str, code: str) -> None:
    response = client.post(ADDRESS, json={**ADA, **changes})
    assert first_error(response) == (422, pointer, code)
    assert count_users(app) == 0


@pytest.mark.parametrize(
    "name", ["role", "is_admin", "id", "email_verified", "email_verified_at", "disabled_at", "password_hash", "first_name"]
)
def test_a_field_that_nobody_may_set_is_refused(app: Flask, client: Any, name: str) -> None:
    assert first_error(client.post(ADDRESS, json={**ADA, name: "admin"})) == (422, f"/{name}", "unknown_field")
    assert count_users(app) == 0


@pytest.mark.parametrize("missing", ["email", "password"])
def test_a_field_that_is_needed_is_named(client: Any, missing: str) -> None:
    body = {name: value for name, value in ADA.items() if name != missing}
    assert first_error(client.post(ADDRESS, json=body)) == (422, f"/{missing}", "required")


def test_the_same_password_twice_is_accepted(client: Any) -> None:
    assert client.post(ADDRESS, json={**ADA, "password2": PASSWORD}).status_code == 201


def test_a_second_account_of_the_same_person_is_not_signed_in_to_the_first(client: Any, people: People) -> None:
    response = client.post(ADDRESS, json={"email": people.owner.email, "password": "another quiet lake"})
    assert response.status_code == 409
    assert "tokens" not in response.json
    assert people.owner.id not in response.text


def test_a_refused_registration_leaves_no_session(app: Flask, client: Any, people: People) -> None:
    client.post(ADDRESS, json={"email": people.owner.email, "password": PASSWORD})
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Session)) == 1


def test_too_many_registrations_of_one_client_are_answered_429(make_app: Callable[..., Any]) -> None:
    client = make_app(rate_limit_register="2 per hour").test_client()
    answers = [client.post(ADDRESS, json={**ADA, "email": f"{count}@example.org", "username": f"ada{count}"}) for count in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"register";q=2;w=3600'
    assert answers[0].headers["RateLimit"].startswith('"register";r=1;t=')
    assert answers[2].json["code"] == "too_many_requests"
    assert 3500 < int(answers[2].headers["Retry-After"]) <= 3601
    other = client.post(ADDRESS, json=ADA, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert other.status_code == 201
