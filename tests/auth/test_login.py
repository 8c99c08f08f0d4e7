from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask

from aizen.auth import passwords
from aizen.auth.models import User
from aizen.database import db, transaction
from tests.conftest import PASSWORD, People

ADDRESS = "/api/v1/auth/login"


def told(response: Any) -> tuple[Any, ...]:
    """All that an answer tells, but what differs from one request to the next in any case."""
    body = {name: value for name, value in response.json.items() if name != "request_id"}
    headers = {name: value for name, value in response.headers.items() if name not in ("X-Request-Id", "Date")}
    headers["RateLimit"] = headers["RateLimit"].partition(";t=")[0]
    return response.status_code, body, headers


@pytest.mark.every_backend
def test_login_answers_tokens_that_work(client: Any, people: People) -> None:
    response = client.post(ADDRESS, json={"email": people.owner.email, "password": people.owner.password})
    assert response.status_code == 200
    assert (response.json["token_type"], response.json["expires_in"]) == ("Bearer", 900)
    assert set(response.json) == {"access", "refresh", "token_type", "expires_in"}
    assert response.headers["Cache-Control"] == "no-store"
    info = client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {response.json['access']}"})
    assert info.json["id"] == people.owner.id


def test_a_second_login_leaves_the_first_session_alive(client: Any, people: People) -> None:
    client.post(ADDRESS, json={"email": people.owner.email, "password": people.owner.password})
    assert client.get("/api/v1/user/info", headers=people.owner.headers).status_code == 200


@pytest.mark.parametrize(
    ("registered", "typed"),
    [
        ("Ada@example.org", "aDA@EXAMPLE.ORG"),
        ("stra\u00dfe@example.org", "STRASSE@example.org"),
        ("kim@example.org", "\u212aIM@example.org"),
    ],
)
def test_the_email_address_is_compared_without_case(client: Any, registered: str, typed: str) -> None:
    client.post("/api/v1/auth/register", json={"email": registered, "password": PASSWORD})
    assert client.post(ADDRESS, json={"email": typed, "password": PASSWORD}).status_code == 200


@pytest.mark.every_backend
def test_unknown_user_wrong_password_and_disabled_user_get_one_answer(client: Any, people: People, disable: Callable[[str], None]) -> None:
    disable(people.named("disabled").id)
    tries = [("nobody@example.org", PASSWORD), (people.owner.email, PASSWORD + "?"), ("disabled@example.org", PASSWORD)]
    # Each from a network of its own: the count of what a client has left is told too, and must not differ.
    unknown, wrong, disabled = (
        client.post(ADDRESS, json={"email": email, "password": password}, environ_base={"REMOTE_ADDR": f"2001:db8:{number}::1"})
        for number, (email, password) in enumerate(tries)
    )
    assert told(unknown) == told(wrong) == told(disabled)
    assert (unknown.status_code, unknown.json["code"]) == (401, "bad_credentials")
    assert unknown.headers["RateLimit"].startswith('"login";r=99999;')
    assert "WWW-Authenticate" in unknown.headers


def test_an_unknown_address_costs_a_hash_too(client: Any) -> None:
    # A lower bound, in this thread's own CPU time: nothing that another process does can make it fail.
    stored = passwords.hash_password(PASSWORD)
    hashes = [_cpu_seconds(lambda: passwords.is_right(PASSWORD, stored)) for _ in range(5)]
    client.post(ADDRESS, json={"email": "first@example.org", "password": PASSWORD})
    request = _cpu_seconds(lambda: client.post(ADDRESS, json={"email": "nobody@example.org", "password": PASSWORD}))
    assert request > min(hashes) * 0.9


def _cpu_seconds(action: Callable[[], object]) -> float:
    begun = time.thread_time()
    action()
    return time.thread_time() - begun


@pytest.mark.parametrize("password", ["", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), "x" * 128])
def test_only_the_exact_password_signs_in(client: Any, people: People, password: str) -> None:
    response = client.post(ADDRESS, json={"email": people.owner.email, "password": password})
    assert (response.status_code, response.json["code"]) == (401, "bad_credentials")


def test_a_strangers_password_does_not_sign_in(client: Any, people: People) -> None:
    client.post("/api/v1/auth/register", json={"email": "eve@example.org", "password": "what eve alone knows"})
    response = client.post(ADDRESS, json={"email": people.owner.email, "password": "what eve alone knows"})
    assert response.status_code == 401


def test_the_username_is_no_login(client: Any, people: People) -> None:
    response = client.post(ADDRESS, json={"username": people.owner.username, "password": PASSWORD})
    assert response.status_code == 422
    assert {(each["pointer"], each["code"]) for each in response.json["errors"]} == {("/username", "unknown_field"), ("/email", "required")}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"email": "owner"}, "/email", "not_an_email"),
        ({"email": {"$ne": ""}}, "/email", "wrong_type"),
        ({"email": "\0@example.org"}, "/email", "nul_character"),
        ({"password": ["x"]}, "/password", "wrong_type"),
        ({"password": "a\0b"}, "/password", "nul_character"),
        ({"password": "\udc00"}, "/password", "lone_surrogate"),
        ({"password": "x" * 200_000}, "/password", "too_long"),
        ({"role": "admin"}, "/role", "unknown_field"),
    ],
)
def test_each_bad_value_has_its_own_code(client: Any, people: People, changes: dict[str, Any], pointer: str, code: str) -> None:
    response = client.post(ADDRESS, json={"email": people.owner.email, "password": PASSWORD, **changes})
    assert response.status_code == 422
    assert [(each["pointer"], each["code"]) for each in response.json["errors"]] == [(pointer, code)]


def test_a_hash_of_older_parameters_is_renewed_at_the_next_login(app: Flask, client: Any, people: People) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    email = people.owner.email
    with app.app_context(), transaction():
        db.session.execute(sa.update(User).values(password_hash=old))
    assert client.post(ADDRESS, json={"email": email, "password": "not it at all"}).status_code == 401
    assert _stored_hash(app) == old
    assert client.post(ADDRESS, json={"email": email, "password": PASSWORD}).status_code == 200
    renewed = _stored_hash(app)
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert client.post(ADDRESS, json={"email": email, "password": PASSWORD}).status_code == 200
    assert _stored_hash(app) == renewed


def _stored_hash(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(sa.select(User.password_hash)).one()


@pytest.mark.parametrize(
    "change",
    [{"password_hash": "$argon2id$changed"}, {"disabled_at": datetime(2026, 1, 1, tzinfo=UTC)}],
    ids=lambda change: next(iter(change)),
)
def test_a_login_that_began_before_a_change_of_the_account_fails_after_it(app: Flask, people: People, change: dict[str, Any]) -> None:
    credentials = {"email": people.owner.email, "password": PASSWORD}
    answers: list[Any] = []
    late = threading.Thread(target=lambda: answers.append(app.test_client().post(ADDRESS, json=credentials)))
    with app.app_context():
        with transaction():
            db.session.execute(sa.update(User).values(**change))
            late.start()
            wait_for_a_blocked_statement()
        late.join(timeout=30)
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(401, "bad_credentials")]


def wait_for_a_blocked_statement() -> None:
    """Some other request waits for what the open transaction has written."""
    deadline = time.monotonic() + 30
    blocked = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    while time.monotonic() < deadline:
        with db.engine.connect() as connection:
            if connection.scalar(blocked):
                return
    raise AssertionError("the request never waited for the change")
