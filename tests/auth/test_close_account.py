"""DELETE /api/v1/auth/profile: the account is closed, for good and at once. What becomes of its images: tests/images/test_closing.py."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.auth import profiles
from aizen.auth.models import ApiKey, OneTimeToken, Session, User
from aizen.database import db, utc_now
from aizen.errors import Unauthenticated
from tests.auth.test_login import wait_for_a_blocked_statement
from tests.conftest import PASSWORD, Backend, People, Person

ADDRESS = "/api/v1/auth/profile"
WRONG = "another quiet lake"
every_database = pytest.mark.every_database


def close(client: FlaskClient, person: Person, password: str = PASSWORD, **how: Any) -> TestResponse:
    return client.delete(ADDRESS, headers=person.headers, json={"password": password}, **how)


def told(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def sign_in(client: FlaskClient, email: str, **how: Any) -> TestResponse:
    return client.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD}, **how)


@pytest.fixture
def promote(backend: Backend) -> Callable[..., None]:
    """Makes these people administrators."""

    def run(*persons: Person) -> None:
        ids = [uuid.UUID(person.id) for person in persons]
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(User).where(User.id.in_(ids)).values(role="admin"))

    return run


@pytest.fixture
def row_of(backend: Backend) -> Callable[[Person], dict[str, Any] | None]:
    """The row of somebody's account, as it is now."""

    def read(person: Person) -> dict[str, Any] | None:
        with backend.app.app_context(), db.engine.connect() as connection:
            found = connection.execute(sa.select(User.__table__).where(User.id == uuid.UUID(person.id))).mappings().first()
        return dict(found) if found else None

    return read


@every_database
def test_a_closed_account_lets_nobody_in(client: FlaskClient, people: People) -> None:
    owner = people.owner
    other = sign_in(client, owner.email).get_json()
    answer = close(client, owner)
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    for access in (owner.access, other["access"]):
        headers = {"Authorization": f"Bearer {access}"}
        assert told(client.get("/api/v1/user/info", headers=headers)) == (401, "session_ended")
        assert told(client.get("/api/v1/images", headers=headers)) == (401, "session_ended")
    for refresh in (owner.refresh, other["refresh"]):
        assert told(client.post("/api/v1/auth/token/refresh", json={"refresh": refresh})) == (401, "session_ended")
    assert told(sign_in(client, owner.email)) == (401, "bad_credentials")
    assert told(close(client, owner)) == (401, "session_ended")


@every_database
def test_others_go_on_as_before(client: FlaskClient, people: People) -> None:
    stranger = client.get("/api/v1/user/info", headers=people.stranger.headers).get_json()
    close(client, people.owner)
    assert client.get("/api/v1/user/info", headers=people.stranger.headers).get_json() == stranger
    assert sign_in(client, people.stranger.email).status_code == 200


@every_database
def test_nothing_personal_is_left_before_any_work_is_done(
    client: FlaskClient, people: People, backend: Backend, row_of: Callable[[Person], dict[str, Any] | None]
) -> None:
    owner = people.owner
    client.patch(ADDRESS, headers=owner.headers, json={"first_name": "Ada", "last_name": "Lovelace"})
    before = row_of(owner)
    key = {"name": "Backup of Ada's studio", "scopes": ["images:read"]}
    assert client.post("/api/v1/auth/keys", headers=owner.headers, json=key).status_code == 201
    close(client, owner)
    after = row_of(owner)
    assert before is not None
    assert after is not None
    for name in ("email", "email_folded", "username", "username_folded", "password_hash", "first_name", "last_name"):
        assert after[name] != before[name], name
    assert not [value for value in after.values() if "owner" in str(value).lower() or "ada" in str(value).lower()]
    with backend.app.app_context(), db.engine.connect() as connection:
        for table in (Session, ApiKey):
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0


def test_a_letter_that_is_written_while_the_account_is_closed_leaves_no_token_with_its_address(
    backend: Backend, client: FlaskClient, people: People, work: Callable[[], int]
) -> None:
    owner = people.owner
    client.post("/api/v1/auth/verify-email/resend", json={"email": owner.email})
    with backend.app.app_context(), db.engine.begin() as closing:
        closing.execute(sa.select(User.id).where(User.id == uuid.UUID(owner.id)).with_for_update())
        writing = threading.Thread(target=work)
        writing.start()
        wait_for_a_blocked_statement()
        gone = {"email": "closed:x", "email_folded": "closed:x", "disabled_at": utc_now()}
        closing.execute(sa.update(User).where(User.id == uuid.UUID(owner.id)).values(gone))
        closing.execute(sa.delete(OneTimeToken))
    writing.join(30)
    assert backend.mailer.letters == []
    with backend.app.app_context(), db.engine.connect() as connection:
        assert connection.scalars(sa.select(OneTimeToken.email)).all() == []


@every_database
def test_address_and_username_are_free_at_once(client: FlaskClient, people: People, work: Callable[[], int]) -> None:
    owner = people.owner
    for _ in range(2):  # more than one former account has had them, too
        tokens = sign_in(client, owner.email).get_json()
        headers = {"Authorization": f"Bearer {tokens['access']}"}
        assert client.delete(ADDRESS, headers=headers, json={"password": PASSWORD}).status_code == 204
        again = client.post("/api/v1/auth/register", json={"email": owner.email, "username": owner.username, "password": PASSWORD})
        assert again.status_code == 201
        assert again.get_json()["user"]["id"] != owner.id
    work()
    assert sign_in(client, owner.email).status_code == 200


@every_database
def test_no_row_is_left_when_the_work_is_done(
    client: FlaskClient, people: People, work: Callable[[], int], row_of: Callable[[Person], dict[str, Any] | None]
) -> None:
    assert people.stranger
    close(client, people.owner)
    assert row_of(people.owner) is not None
    work()
    assert row_of(people.owner) is None
    assert row_of(people.stranger) is not None


@pytest.mark.parametrize("email", ["closed:0193569c9f6c", "closed:0193569c9f6c@example.org"])
def test_the_row_that_is_left_is_nobody_who_could_sign_in(
    client: FlaskClient, people: People, row_of: Callable[[Person], dict[str, Any] | None], email: str
) -> None:
    close(client, people.owner)
    left = row_of(people.owner)
    assert left is not None
    for spelling in (email, left["email"]):
        assert sign_in(client, spelling).status_code in (401, 422)
    taken = client.post("/api/v1/auth/register", json={"email": "x@example.org", "username": left["username"], "password": PASSWORD})
    assert taken.status_code == 422


# -- the password


@every_database
def test_a_wrong_password_is_403_and_closes_nothing(client: FlaskClient, people: People) -> None:
    assert told(close(client, people.owner, WRONG)) == (403, "wrong_password")
    assert client.get("/api/v1/user/info", headers=people.owner.headers).status_code == 200
    assert sign_in(client, people.owner.email).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/password", "required"),
        ({"password": None}, "/password", "null"),
        ({"password": 1}, "/password", "wrong_type"),
        ({"password": ["x"]}, "/password", "wrong_type"),
        ({"password": "a\0b"}, "/password", "nul_character"),
        ({"password": "a\ud800b"}, "/password", "lone_surrogate"),
        ({"password": "x" * 129}, "/password", "too_long"),
        ({"password": PASSWORD, "id": "x"}, "/id", "unknown_field"),
    ],
)
def test_each_bad_value_has_its_own_code(client: FlaskClient, people: People, body: dict[str, Any], pointer: str, code: str) -> None:
    answer = client.delete(ADDRESS, headers=people.owner.headers, json=body)
    (error,) = answer.get_json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, code)
    assert client.get("/api/v1/user/info", headers=people.owner.headers).status_code == 200


def test_without_a_body_nothing_is_closed(client: FlaskClient, people: People) -> None:
    assert client.delete(ADDRESS, headers=people.owner.headers).status_code == 422
    assert client.delete(ADDRESS).status_code == 401
    assert sign_in(client, people.owner.email).status_code == 200


def test_guesses_with_a_stolen_token_count_as_failed_sign_ins(make_app: Callable[..., Flask], people: People) -> None:
    client, owner = make_app(rate_limit_login="3 per minute").test_client(), people.owner
    answers = [close(client, owner, WRONG) for _ in range(3)]
    assert [told(answer) for answer in answers] == [(403, "wrong_password")] * 3
    refused = close(client, owner)
    assert told(refused) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert refused.headers["RateLimit-Policy"].startswith('"login"')
    assert sign_in(client, owner.email).status_code == 429
    assert sign_in(client, owner.email, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 200
    assert client.get("/api/v1/user/info", headers=owner.headers).status_code == 200


def test_guesses_from_many_networks_count_for_the_account(make_app: Callable[..., Flask], people: People) -> None:
    client, owner = make_app(rate_limit_account="3 per minute").test_client(), people.owner
    places = [{"REMOTE_ADDR": f"198.51.{number}.1"} for number in range(5)]
    assert [close(client, owner, WRONG, environ_base=place).status_code for place in places[:3]] == [403] * 3
    assert close(client, owner, environ_base=places[3]).status_code == 429
    # Whoever has this session has had their tries, in whatever network; its owner signs in anew, where they have signed in before.
    assert close(client, owner).status_code == 429
    again = client.post("/api/v1/auth/login", json={"email": owner.email, "password": PASSWORD}).get_json()
    assert close(client, replace(owner, access=again["access"])).status_code == 204


# -- meanwhile


@every_database
def test_a_change_that_comes_late_writes_nothing_into_what_is_left(
    client: FlaskClient, people: People, backend: Backend, row_of: Callable[[Person], dict[str, Any] | None]
) -> None:
    close(client, people.owner)
    left = row_of(people.owner)
    with backend.app.app_context(), pytest.raises(Unauthenticated):
        late: dict[str, Any] = {"network": "unknown", "session_id": None, "if_versions": None, "adapters": backend.adapters}
        profiles.change(uuid.UUID(people.owner.id), {"first_name": "Ada"}, **late)
    assert row_of(people.owner) == left


def test_a_stale_etag_is_412_and_closes_nothing(client: FlaskClient, people: People) -> None:
    tag = client.get(ADDRESS, headers=people.owner.headers).headers["ETag"]
    newer = client.patch(ADDRESS, headers=people.owner.headers, json={"first_name": "Ada"}).headers["ETag"]
    statuses = []
    for each in (tag, newer):
        headers = {**people.owner.headers, "If-Match": each}
        statuses.append(client.delete(ADDRESS, headers=headers, json={"password": PASSWORD}).status_code)
    assert statuses == [412, 204]


# -- administrators


@every_database
def test_the_last_administrator_cannot_go(client: FlaskClient, people: People, promote: Callable[..., None]) -> None:
    promote(people.owner, people.stranger)
    assert close(client, people.owner).status_code == 204
    assert told(close(client, people.stranger)) == (409, "last_admin")
    assert client.get("/api/v1/user/info", headers=people.stranger.headers).get_json()["role"] == "admin"


@every_database
def test_of_two_administrators_who_go_at_once_one_stays(
    app: Flask, people: People, promote: Callable[..., None], row_of: Callable[[Person], dict[str, Any] | None]
) -> None:
    persons = [people.owner, people.stranger]
    promote(*persons)
    assert sorted(at_once(app, persons)) == [204, 409]
    rows = [row_of(person) for person in persons]
    assert [row["role"] for row in rows if row is not None and row["disabled_at"] is None] == ["admin"]


@every_database
def test_closing_twice_at_once_closes_once(app: Flask, people: People, work: Callable[[], int]) -> None:
    assert set(at_once(app, [people.owner] * 4)) == {204, 401}
    assert work() == 1


def at_once(app: Flask, persons: list[Person]) -> list[int]:
    """The statuses of closings that begin at the same moment."""
    barrier = threading.Barrier(len(persons))
    statuses: list[int] = []

    def ask(person: Person) -> None:
        client = app.test_client()
        barrier.wait(30)
        statuses.append(close(client, person).status_code)

    threads = [threading.Thread(target=ask, args=(person,)) for person in persons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return statuses


@every_database
def test_signing_in_while_the_account_is_closed_leaves_no_session(
    app: Flask, client: FlaskClient, people: People, work: Callable[[], int]
) -> None:
    owner, barrier = people.owner, threading.Barrier(5)
    tokens: list[str] = []

    def ask() -> None:
        racer = app.test_client()
        barrier.wait(30)
        answer = sign_in(racer, owner.email)
        if answer.status_code == 200:
            tokens.append(answer.get_json()["access"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    barrier.wait(30)
    assert close(client, owner).status_code == 204
    for thread in threads:
        thread.join(30)
    for access in tokens:
        assert client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {access}"}).status_code == 401
    work()
    with app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Session)) == 0
