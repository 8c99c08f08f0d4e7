"""GET, PUT, PATCH /api/v1/auth/profile."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.auth.accounts import LONGEST_NAME
from tests.conftest import PASSWORD, People, Person

ADDRESS = "/api/v1/auth/profile"
every_database = pytest.mark.every_database


def read(client: FlaskClient, person: Person) -> dict[str, Any]:
    answer = client.get(ADDRESS, headers=person.headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def send(client: FlaskClient, person: Person, body: dict[str, Any], *, method: str = "PATCH", **headers: str) -> TestResponse:
    return client.open(ADDRESS, method=method, headers={**person.headers, **headers}, json=body)


def refused(answer: TestResponse) -> tuple[int, str, str]:
    (error,) = answer.get_json()["errors"]
    return answer.status_code, error["pointer"], error["code"]


@every_database
def test_the_profile_is_the_signed_in_user(client: FlaskClient, people: People) -> None:
    shown = read(client, people.owner)
    assert shown == client.get("/api/v1/user/info", headers=people.owner.headers).get_json()
    assert (shown["id"], shown["email"]) == (people.owner.id, people.owner.email)
    assert read(client, people.stranger)["id"] == people.stranger.id
    assert client.get(ADDRESS).status_code == 401


@every_database
def test_patch_changes_what_is_named_and_nothing_else(client: FlaskClient, people: People) -> None:
    before, stranger = read(client, people.owner), read(client, people.stranger)
    first = send(client, people.owner, {"first_name": "  Ada ", "last_name": "Lovelace"})
    assert (first.status_code, first.get_json()) == (200, {**before, "first_name": "Ada", "last_name": "Lovelace"})
    assert send(client, people.owner, {"first_name": ""}).get_json() == {**before, "last_name": "Lovelace"}
    assert send(client, people.owner, {}).get_json() == read(client, people.owner) == {**before, "last_name": "Lovelace"}
    assert read(client, people.stranger) == stranger


def test_put_leaves_no_name_that_is_not_sent(client: FlaskClient, people: People) -> None:
    send(client, people.owner, {"first_name": "Ada", "last_name": "Lovelace"})
    answer = send(client, people.owner, {"username": "ada", "first_name": "A."}, method="PUT")
    body = answer.get_json()
    assert (body["username"], body["first_name"], body["last_name"], body["email"]) == ("ada", "A.", "", people.owner.email)
    assert refused(send(client, people.owner, {"first_name": "B."}, method="PUT")) == (422, "/username", "required")
    assert read(client, people.owner) == body


def test_what_was_read_may_be_sent_back(client: FlaskClient, people: People) -> None:
    shown = read(client, people.owner)
    for method in ("PUT", "PATCH"):
        answer = send(client, people.owner, {**shown, "last_name": "Lovelace"}, method=method)
        assert (answer.status_code, answer.get_json()) == (200, {**shown, "last_name": "Lovelace"})
    # As it is while pictures come and go.
    stale = {**shown, "storage": {**shown["storage"], "used": 12345}}
    assert send(client, people.owner, stale, method="PUT").get_json() == shown


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("id", "0193569c-9f6c-7d2a-8c3e-5b0f6f1f7a11", "read_only"),
        ("date_joined", "2020-01-01T00:00:00Z", "read_only"),
        ("email_verified", True, "read_only"),
        ("role", "admin", "read_only"),
        ("storage", {"used": 0, "quota": None}, "read_only"),
        ("storage", {"quota": 1}, "read_only"),
        ("is_admin", True, "unknown_field"),
        ("is_superuser", True, "unknown_field"),
        ("disabled_at", None, "unknown_field"),
        ("password", PASSWORD, "unknown_field"),
        ("storage_quota", 0, "unknown_field"),
        ("email_verified_at", "2026-01-01T00:00:00Z", "unknown_field"),
    ],
)
def test_what_nobody_may_set_is_refused_and_named(
    client: FlaskClient, people: People, method: str, name: str, value: object, code: str
) -> None:
    before = read(client, people.owner)
    body = {"username": "ada", "first_name": "Ada", name: value}
    assert refused(send(client, people.owner, body, method=method)) == (422, f"/{name}", code)
    assert read(client, people.owner) == before


def test_every_member_that_cannot_be_changed_is_named_at_once(client: FlaskClient, people: People) -> None:
    answer = send(client, people.owner, {"role": "admin", "email_verified": True})
    assert {error["pointer"] for error in answer.get_json()["errors"]} == {"/role", "/email_verified"}


def test_another_address_is_not_simply_set(client: FlaskClient, people: People) -> None:
    before = read(client, people.owner)
    for email in ("new@example.org", people.stranger.email):
        answer = send(client, people.owner, {"email": email, "first_name": "Ada"})
        assert refused(answer) == (422, "/email", "needs_password")
    assert send(client, people.owner, {"email": "OWNER@example.org"}).status_code == 200
    assert read(client, people.owner) == before


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"first_name": 1}, "/first_name", "wrong_type"),
        ({"first_name": None}, "/first_name", "null"),
        ({"first_name": ["Ada"]}, "/first_name", "wrong_type"),
        ({"first_name": "A\nda"}, "/first_name", "control_character"),
        ({"last_name": "A\x1bda"}, "/last_name", "control_character"),
        ({"last_name": "A\0da"}, "/last_name", "nul_character"),
        ({"last_name": "A\ud800da"}, "/last_name", "lone_surrogate"),
        ({"last_name": "x" * (LONGEST_NAME + 1)}, "/last_name", "too_long"),
        ({"first_name": "x" * 200_000}, "/first_name", "too_long"),
        ({"username": "ab"}, "/username", "too_short"),
        ({"username": "x" * 31}, "/username", "too_long"),
        ({"username": "x" * 200_000}, "/username", "too_long"),
        ({"username": "ada@example.org"}, "/username", "not_a_username"),
        ({"username": "closed:0193569c9f6c"}, "/username", "not_a_username"),
        ({"username": "a\0da"}, "/username", "nul_character"),
        ({"username": "a\udfffda"}, "/username", "lone_surrogate"),
        ({"username": None}, "/username", "null"),
        ({"username": True}, "/username", "wrong_type"),
        ({"email": "nobody"}, "/email", "not_an_email"),
        ({"email": None}, "/email", "null"),
        ({"id": "x"}, "/id", "wrong_type"),
        ({"id": None}, "/id", "null"),
        ({"date_joined": "yesterday"}, "/date_joined", "invalid"),
        ({"email_verified": "maybe"}, "/email_verified", "wrong_type"),
        ({"role": []}, "/role", "wrong_type"),
        ({"storage": 1}, "/storage", "not_an_object"),
        ({"storage": {"used": "x"}}, "/storage/used", "wrong_type"),
        ({"storage": {"quota": 2**64}}, "/storage/quota", "out_of_range"),
        ({"storage": {"more": 1}}, "/storage/more", "unknown_field"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_each_bad_value_has_its_own_code(
    client: FlaskClient, people: People, method: str, changes: dict[str, Any], pointer: str, code: str
) -> None:
    answer = send(client, people.owner, {"username": "ada", **changes}, method=method)
    assert refused(answer) == (422, pointer, code)
    assert read(client, people.owner)["username"] == people.owner.username


def test_the_longest_names_are_kept_in_full(client: FlaskClient, people: People) -> None:
    longest = {"first_name": "\U0001f427" * LONGEST_NAME, "last_name": "ß" * LONGEST_NAME, "username": "x" * 30}
    assert send(client, people.owner, longest).status_code == 200
    assert read(client, people.owner).items() >= longest.items()


# -- usernames


@every_database
@pytest.mark.parametrize("spelling", ["stranger", "STRANGER"])
def test_a_username_that_somebody_has_is_409_with_the_field(client: FlaskClient, people: People, spelling: str) -> None:
    assert people.stranger
    before = read(client, people.owner)
    for method in ("PUT", "PATCH"):
        answer = send(client, people.owner, {"username": spelling, "first_name": "Ada"}, method=method)
        assert refused(answer) == (409, "/username", "taken")
    assert read(client, people.owner) == before


def test_ones_own_username_may_be_spelled_otherwise(client: FlaskClient, people: People) -> None:
    assert send(client, people.owner, {"username": "OWNER"}).get_json()["username"] == "OWNER"


def test_a_username_that_was_given_up_is_free(client: FlaskClient, people: People) -> None:
    send(client, people.owner, {"username": "ada"})
    assert send(client, people.stranger, {"username": "owner"}).status_code == 200
    assert refused(send(client, people.owner, {"username": "Owner"})) == (409, "/username", "taken")


@every_database
def test_of_many_who_want_one_username_one_gets_it(app: Flask, client: FlaskClient, people: People) -> None:
    persons = [people.named(f"racer{number}") for number in range(4)]
    barrier, statuses = threading.Barrier(len(persons)), []

    def ask(person: Person) -> None:
        own = app.test_client()
        barrier.wait(30)
        statuses.append(send(own, person, {"username": "winner"}).status_code)

    threads = [threading.Thread(target=ask, args=(person,)) for person in persons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [200, 409, 409, 409]
    assert [read(client, person)["username"] for person in persons].count("winner") == 1


def test_user_info_tells_the_new_username(client: FlaskClient, people: People) -> None:
    send(client, people.owner, {"username": "ada"})
    assert client.get("/api/v1/user/info", headers=people.owner.headers).get_json()["username"] == "ada"


# -- preconditions


@every_database
def test_a_stale_etag_is_412_and_changes_nothing(client: FlaskClient, people: People) -> None:
    tag = client.get(ADDRESS, headers=people.owner.headers).headers["ETag"]
    second = send(client, people.owner, {"first_name": "Ada"}, **{"If-Match": tag})
    assert second.status_code == 200
    for method in ("PUT", "PATCH"):
        answer = send(client, people.owner, {"username": "ada", "first_name": "Eve"}, method=method, **{"If-Match": tag})
        assert (answer.status_code, answer.get_json()["code"]) == (412, "stale")
    assert read(client, people.owner)["first_name"] == "Ada"
    assert send(client, people.owner, {"first_name": "Eve"}, **{"If-Match": second.headers["ETag"]}).status_code == 200


def test_what_changes_nothing_leaves_the_etag_as_it_is(client: FlaskClient, people: People) -> None:
    tag = client.get(ADDRESS, headers=people.owner.headers).headers["ETag"]
    assert send(client, people.owner, {"username": people.owner.username, "first_name": ""}).headers["ETag"] == tag
    assert client.get(ADDRESS, headers={**people.owner.headers, "If-None-Match": tag}).status_code == 304
    send(client, people.owner, {"first_name": "Ada"})
    assert client.get(ADDRESS, headers={**people.owner.headers, "If-None-Match": tag}).status_code == 200


def test_the_profile_is_never_stored_by_a_cache(client: FlaskClient, people: People) -> None:
    for answer in (client.get(ADDRESS, headers=people.owner.headers), send(client, people.owner, {"first_name": "Ada"})):
        assert answer.headers["Cache-Control"] == "no-store"


# -- the old address


def test_clients_of_the_older_systems_read_and_replace_it_there(client: FlaskClient, people: People) -> None:
    old = "/api/auth/profile/"
    shown = client.get(old, headers=people.owner.headers).get_json()
    answer = client.put(old, headers=people.owner.headers, json={**shown, "first_name": "Ada", "bio": "unknown to us"})
    assert (answer.status_code, answer.get_json()) == (200, {**shown, "first_name": "Ada"})
    for name, value in (("role", "admin"), ("email", "new@example.org"), ("username", "x")):
        answer = client.put(old, headers=people.owner.headers, json={**shown, name: value})
        assert (answer.status_code, len(answer.get_json()[name])) == (400, 1)
    assert client.delete(old, headers=people.owner.headers, json={"password": PASSWORD}).status_code == 405
