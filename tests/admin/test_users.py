"""/admin/users."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth import one_time
from aizen.auth.models import User
from aizen.auth.one_time import Purpose
from aizen.database import db, reading, transaction
from tests.admin.conftest import Audit, Picture, at_once
from tests.conftest import People, Person

ADDRESS = "/api/v1/admin/users"


def change(client: FlaskClient, by: Person, user: Person, **asked: Any) -> Any:
    return client.patch(f"{ADDRESS}/{user.id}", headers=by.headers, json=asked)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["username"] for each in answer.get_json()]


def is_signed_in(client: FlaskClient, person: Person) -> bool:
    return client.get("/api/v1/user/info", headers=person.headers).status_code == 200


@pytest.mark.every_database
def test_users_are_listed_the_newest_first_page_by_page(client: FlaskClient, people: People) -> None:
    made = [people.admin, people.owner, people.stranger, people.named("third")]
    address: str | None = f"{ADDRESS}?limit=3&include=total"
    found: list[str] = []
    for count in (3, 1):
        assert address is not None
        answer = client.get(address, headers=people.admin.headers)
        assert (len(answer.get_json()), answer.headers["X-Total-Count"]) == (count, "4")
        found += names(answer)
        link = re.fullmatch(r'<(.+)>; rel="next"', answer.headers.get("Link", ""))
        address = link[1] if link else None
    assert address is None
    assert found == [each.username for each in reversed(made)]


@pytest.mark.every_database
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("search=OWN", ["owner"]),
        ("search=own%25", []),
        ("search=_wner", []),
        ("search=@example.org", ["un_der", "stranger", "owner", "admin"]),
        ("search=n_d", ["un_der"]),
        ("role=admin", ["admin"]),
        ("role=user&search=a", ["un_der", "stranger", "owner"]),
        ("state=disabled", ["stranger"]),
        ("state=active&role=user", ["un_der", "owner"]),
        ("state=unverified&search=own", ["owner"]),
    ],
)
def test_a_search_is_for_characters_as_they_stand(client: FlaskClient, people: People, asked: str, found: list[str]) -> None:
    assert people.admin
    assert people.owner
    change(client, people.admin, people.stranger, disabled=True)
    people.named("un_der")
    assert names(client.get(f"{ADDRESS}?{asked}", headers=people.admin.headers)) == found


def test_a_cursor_of_another_list_is_refused(client: FlaskClient, people: People) -> None:
    assert people.owner
    link = client.get(f"{ADDRESS}?limit=1", headers=people.admin.headers).headers["Link"]
    cursor = re.search(r"cursor=([^&>]+)", link)
    assert cursor is not None
    answer = client.get(f"{ADDRESS}?role=user&cursor={cursor[1]}", headers=people.admin.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "cursor_mismatch")


def test_a_user_is_shown_with_what_hangs_on_the_account(client: FlaskClient, people: People, broken: Picture) -> None:
    broken()
    answer = client.get(f"{ADDRESS}/{people.owner.id}", headers=people.admin.headers)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    user = answer.get_json()
    assert (user["email"], user["role"], user["disabled"], user["storage_quota"]) == (people.owner.email, "user", False, None)
    assert user["counts"] == {"images": 1, "sessions": 1, "keys": 0, "failed_work": 2}
    assert not any("password" in name for name in user)
    nobody = client.get(f"{ADDRESS}/{uuid.uuid4()}", headers=people.admin.headers)
    assert nobody.status_code == 404


@pytest.mark.every_database
def test_disabling_ends_access_at_once_and_enabling_revives_no_session(client: FlaskClient, people: People, audit: Audit) -> None:
    assert is_signed_in(client, people.owner)
    answer = change(client, people.admin, people.owner, disabled=True)
    assert (answer.status_code, answer.get_json()["disabled"], answer.get_json()["counts"]["sessions"]) == (200, True, 0)
    assert not is_signed_in(client, people.owner)
    assert change(client, people.admin, people.owner, disabled=False).get_json()["disabled_at"] is None
    assert not is_signed_in(client, people.owner)
    assert client.post("/api/v1/auth/token/refresh", json={"refresh": people.owner.refresh}).status_code == 401
    login = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": people.owner.password})
    assert login.status_code == 200
    first, second = audit()
    assert (first.actor, str(first.actor_id), first.action) == (people.admin.email, people.admin.id, "user.changed")
    assert (str(first.subject_id), first.subject_label) == (people.owner.id, people.owner.email)
    assert first.detail == {"disabled": [False, True], "sessions_ended": 1, "keys_revoked": 0, "links_withdrawn": 0}
    assert first.network == "127.0.0.0/24"
    assert first.request_id
    assert second.detail == {"disabled": [True, False]}


@pytest.mark.every_database
def test_enabling_revives_no_key_and_no_link_that_was_sent(
    app: Flask, client: FlaskClient, people: People, execute: Any, audit: Audit
) -> None:
    owner, wanted = people.owner, "another@example.org"
    key = client.post("/api/v1/auth/keys", headers=owner.headers, json={"name": "x", "scopes": ["images:read"]}).get_json()["key"]
    execute(sa.update(User).where(User.id == uuid.UUID(owner.id)).values(pending_email=wanted))

    def link(purpose: Purpose, email: str) -> str:
        return one_time.issue(purpose, user_id=uuid.UUID(owner.id), email=email, settings=app.extensions["aizen"].settings)

    with app.app_context(), transaction():
        links = [link("change_email", wanted), link("verify_email", owner.email), link("reset_password", owner.email)]
    for is_disabled in (True, False):
        assert change(client, people.admin, owner, disabled=is_disabled).status_code == 200
    assert client.get("/api/v1/images", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    for token in links[:2]:
        assert client.get(f"/api/v1/auth/verify-email/{token}").get_json()["code"] == "token_not_valid"
    body = {"token": links[2], "password": "another quiet lake"}
    assert client.post("/api/v1/auth/password/reset/confirm", json=body).get_json()["code"] == "token_not_valid"
    with app.app_context(), reading():
        user = db.session.get_one(User, uuid.UUID(owner.id), populate_existing=True)
        assert (user.email, user.pending_email) == (owner.email, None)
    assert audit()[0].detail == {"disabled": [False, True], "sessions_ended": 1, "keys_revoked": 1, "links_withdrawn": 3}


def test_a_role_holds_from_the_next_request_on(client: FlaskClient, people: People) -> None:
    def looks() -> int:
        return client.get(ADDRESS, headers=people.owner.headers).status_code

    assert looks() == 403
    change(client, people.admin, people.owner, role="admin")
    assert looks() == 200
    change(client, people.admin, people.owner, role="user")
    assert looks() == 403


def test_verifying_and_the_quota_are_set_and_taken_back(client: FlaskClient, people: People, audit: Audit) -> None:
    answer = change(client, people.admin, people.owner, email_verified=True, storage_quota=1000)
    assert (answer.get_json()["email_verified"], answer.get_json()["storage_quota"]) == (True, 1000)
    answer = change(client, people.admin, people.owner, email_verified=False, storage_quota=None)
    assert (answer.get_json()["email_verified"], answer.get_json()["storage_quota"]) == (False, None)
    assert [each.detail for each in audit()] == [
        {"email_verified": [False, True], "storage_quota": [None, 1000]},
        {"email_verified": [True, False], "storage_quota": [1000, None]},
    ]


def test_what_is_so_already_is_no_action(client: FlaskClient, people: People, audit: Audit) -> None:
    assert change(client, people.admin, people.owner, role="user", disabled=False).status_code == 200
    assert change(client, people.admin, people.owner).status_code == 200
    assert audit() == []


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"role": "owner"}, "/role"),
        ({"role": None}, "/role"),
        ({"disabled": "perhaps"}, "/disabled"),
        ({"storage_quota": -1}, "/storage_quota"),
        ({"storage_quota": 2**60}, "/storage_quota"),
        ({"storage_used": 0}, "/storage_used"),
        ({"email": "x@example.org"}, "/email"),
        ({"password_hash": "x"}, "/password_hash"),
        ({"id": "x"}, "/id"),
    ],
)
def test_what_an_administrator_may_not_set_is_refused_by_name(
    client: FlaskClient, people: People, asked: dict[str, Any], pointer: str
) -> None:
    answer = change(client, people.admin, people.owner, **asked)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("asked", [{"role": "user"}, {"disabled": True}])
def test_the_last_administrator_cannot_go(client: FlaskClient, people: People, audit: Audit, asked: dict[str, Any]) -> None:
    answer = change(client, people.admin, people.admin, **asked)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "last_admin")
    assert is_signed_in(client, people.admin)
    assert audit() == []
    other = people.administrator("other")
    assert change(client, people.admin, people.admin, **asked).status_code == 200
    assert change(client, other, other, **asked).status_code == 409


@pytest.mark.every_database
@pytest.mark.parametrize("asked", [{"role": "user"}, {"disabled": True}])
def test_of_two_administrators_who_remove_each_other_one_stays(app: Flask, people: People, audit: Audit, asked: dict[str, Any]) -> None:
    one, two = people.admin, people.administrator("other")

    def ask(by: Person, whom: Person) -> Callable[[], int]:
        return lambda: change(app.test_client(), by, whom, **asked).status_code

    answers = sorted(at_once([ask(one, two), ask(two, one)]))
    assert answers[0] == 200
    # The second was refused as the last one, or came when nobody was signed in by that name any more.
    assert answers[1] in (401, 403, 409)
    with app.app_context(), reading():
        able = sa.select(sa.func.count()).select_from(User).where(User.role == "admin", User.disabled_at.is_(None))
        assert db.session.scalar(able) == 1
    assert len(audit()) == 1


def test_a_user_is_signed_out_everywhere(client: FlaskClient, people: People, audit: Audit) -> None:
    assert is_signed_in(client, people.owner)
    client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": people.owner.password})
    answer = client.post(f"{ADDRESS}/{people.owner.id}/end-sessions", headers=people.admin.headers)
    assert (answer.status_code, answer.get_json()) == (200, {"sessions_ended": 2})
    assert not is_signed_in(client, people.owner)
    assert is_signed_in(client, people.admin)
    assert [(each.action, each.detail) for each in audit()] == [("user.sessions_ended", {"sessions_ended": 2})]
    assert client.post(f"{ADDRESS}/{uuid.uuid4()}/end-sessions", headers=people.admin.headers).status_code == 404
