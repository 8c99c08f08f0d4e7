"""The first administrator: by the set-up link, by the settings, and at a start of many processes."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.admin import first_administrator
from aizen.app import create_app
from aizen.auth.models import User
from aizen.database import db, reading
from aizen.settings import Settings, SettingsError
from tests.admin.conftest import Audit, at_once
from tests.auth.conftest import log  # noqa: F401 - a fixture
from tests.conftest import PASSWORD, SECRET, People

ADDRESS = "/api/v1/setup"
EMAIL = "first@example.org"


@pytest.fixture
def body(settings: Settings) -> dict[str, Any]:
    return {"token": settings.setup_token, "email": EMAIL, "password": PASSWORD, "username": "first"}


def test_the_link_makes_the_first_administrator_signed_in_and_verified(
    client: FlaskClient, body: dict[str, Any], settings: Settings, audit: Audit
) -> None:
    assert settings.setup_url.endswith(f"/setup#token={settings.setup_token}")
    answer = client.post(ADDRESS, json=body)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    user, tokens = answer.get_json()["user"], answer.get_json()["tokens"]
    assert (user["email"], user["username"], user["role"], user["email_verified"]) == (EMAIL, "first", "admin", True)
    headers = {"Authorization": f"Bearer {tokens['access']}"}
    assert client.get("/api/v1/admin/overview", headers=headers).status_code == 200
    (action,) = audit()
    assert (action.actor, action.actor_id, action.action) == ("set-up link", None, "admin.created")
    assert (str(action.subject_id), action.subject_label) == (user["id"], EMAIL)


def test_a_browser_gets_the_refresh_token_as_a_cookie_alone(client: FlaskClient, body: dict[str, Any]) -> None:
    tokens = client.post(ADDRESS, json=body, headers={"Aizen-Session": "cookie"}).get_json()["tokens"]
    assert set(tokens) == {"access", "token_type", "expires_in"}
    assert client.get_cookie("aizen_refresh", path="/api/v1/auth") is not None


@pytest.mark.every_database
def test_of_ten_who_use_the_link_at_once_one_becomes_administrator(app: Flask, body: dict[str, Any], audit: Audit) -> None:
    def ask(number: int) -> Callable[[], int]:
        sent = {**body, "email": f"n{number}@example.org", "username": f"number{number}"}
        return lambda: app.test_client().post(ADDRESS, json=sent).status_code

    assert sorted(at_once([ask(number) for number in range(10)])) == [201] + [410] * 9
    with app.app_context(), reading():
        assert db.session.scalars(sa.select(User.role)).all() == ["admin"]
    assert len(audit()) == 1


def test_the_link_is_worthless_once_there_is_an_administrator(client: FlaskClient, people: People, body: dict[str, Any]) -> None:
    assert people.admin
    for token in (body["token"], "wrong"):
        answer = client.post(ADDRESS, json={**body, "token": token})
        assert (answer.status_code, answer.get_json()["code"]) == (410, "already_set_up")


def test_a_wrong_link_makes_nobody_and_is_throttled(make_app: Callable[..., Flask], body: dict[str, Any], audit: Audit) -> None:
    client = make_app(rate_limit_setup="2 per hour").test_client()
    answers = [client.post(ADDRESS, json={**body, "token": "f" * 32}) for _ in range(3)]
    assert [(each.status_code, each.get_json()["code"]) for each in answers] == [
        (403, "wrong_setup_token"),
        (403, "wrong_setup_token"),
        (429, "too_many_requests"),
    ]
    assert client.post(ADDRESS, json=body).status_code == 429
    assert audit() == []


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"password": "password"}, 422, "/password"),
        ({"email": "x"}, 422, "/email"),
        ({"username": "a b c"}, 422, "/username"),
        ({"role": "admin"}, 422, "/role"),
        ({"username": "owner"}, 409, "/username"),
        ({"email": "OWNER@example.org"}, 409, "/email"),
    ],
)
def test_what_a_registration_refuses_is_refused_at_its_field(
    client: FlaskClient, people: People, body: dict[str, Any], change: dict[str, Any], status: int, pointer: str
) -> None:
    assert people.owner
    answer = client.post(ADDRESS, json={**body, **change})
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (status, pointer)


def test_the_token_is_another_with_another_secret_and_in_no_log(
    client: FlaskClient,
    body: dict[str, Any],
    settings: Settings,
    log: io.StringIO,  # noqa: F811
    app: Flask,
) -> None:
    assert replace(settings, secret_key=SECRET[::-1]).setup_token != settings.setup_token
    assert len(settings.setup_token) == 32
    with app.app_context():
        first_administrator.at_start(settings)
    client.get("/setup")
    client.post(ADDRESS, json=body)
    assert "setup-link" in log.getvalue()
    assert settings.setup_token not in log.getvalue()
    assert settings.setup_token not in repr(settings)


# -- the settings


@pytest.fixture
def wanting(settings: Settings) -> Settings:
    return replace(settings, admin_email=EMAIL, admin_password=PASSWORD, admin_username="first")


@pytest.mark.every_database
def test_many_processes_that_start_at_once_make_the_settings_administrator_once(app: Flask, wanting: Settings, audit: Audit) -> None:
    def start() -> bool:
        with app.app_context():
            try:
                return first_administrator.ensure(wanting)
            finally:
                db.session.remove()

    assert sorted(at_once([start] * 6)) == [False] * 5 + [True]
    assert [(each.actor, each.action, each.subject_label) for each in audit()] == [("settings", "admin.created", EMAIL)]


def test_a_later_start_makes_nobody_and_leaves_the_password(app: Flask, client: FlaskClient, wanting: Settings, audit: Audit) -> None:
    with app.app_context():
        assert first_administrator.ensure(wanting)
        assert not first_administrator.ensure(replace(wanting, admin_password="another quiet lake", admin_email="other@example.org"))
    assert client.post("/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}).status_code == 200
    assert len(audit()) == 1


def test_somebody_who_registered_the_address_first_is_given_nothing(
    app: Flask, client: FlaskClient, people: People, settings: Settings, audit: Audit
) -> None:
    wanting = replace(settings, admin_email=people.owner.email, admin_password="a password of the operator")
    with app.app_context():
        assert not first_administrator.ensure(wanting)
    assert client.get("/api/v1/user/info", headers=people.owner.headers).get_json()["role"] == "user"
    with app.app_context():
        assert first_administrator.ensure(replace(wanting, admin_password=people.owner.password))
    signed_in = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": people.owner.password})
    assert signed_in.status_code == 200
    headers = {"Authorization": f"Bearer {signed_in.get_json()['access']}"}
    assert client.get("/api/v1/user/info", headers=headers).get_json()["role"] == "admin"
    assert [each.action for each in audit()] == ["admin.role_given"]


def test_a_database_that_is_out_of_reach_does_not_stop_the_start(tmp_path: Any) -> None:
    lost = Settings(secret_key=SECRET, data_dir=tmp_path, log_level="ERROR", database_url="postgresql://x@127.0.0.1:1/x")
    app = create_app(lost)
    with app.app_context():
        first_administrator.at_start(lost)


def test_a_database_that_is_not_migrated_does_not_stop_the_start(tmp_path: Any) -> None:
    new = Settings(secret_key=SECRET, data_dir=tmp_path, log_level="ERROR", redis_url="redis://localhost:1")
    app = create_app(new)
    with app.app_context():
        first_administrator.at_start(new)
        db.engine.dispose()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"admin_password": "password1"}, "AIZEN_ADMIN_PASSWORD: This password is among the first that somebody would try."),
        ({"admin_password": "short"}, "AIZEN_ADMIN_PASSWORD: Must have at least 8 characters."),
        ({"admin_username": "a b"}, "AIZEN_ADMIN_USERNAME: A username has"),
    ],
)
def test_what_may_not_be_chosen_stops_the_start(wanting: Settings, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        create_app(replace(wanting, **changes))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"AIZEN_ADMIN_EMAIL": EMAIL}, "give both or neither"),
        ({"AIZEN_ADMIN_PASSWORD": PASSWORD}, "give both or neither"),
        ({"AIZEN_ADMIN_USERNAME": "first"}, "AIZEN_ADMIN_USERNAME: of use with"),
        ({"AIZEN_ADMIN_EMAIL": "x", "AIZEN_ADMIN_PASSWORD": PASSWORD}, "AIZEN_ADMIN_EMAIL: Must be an e-mail address"),
        ({"AIZEN_ADMIN_EMAIL": EMAIL, "DJANGO_SUPERUSER_EMAIL": "b@example.org"}, "give it different values"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Any, given: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Settings.from_environ({"SECRET_KEY": SECRET, "DATA_DIR": str(tmp_path), **given})


def test_the_older_names_of_these_settings_are_read(tmp_path: Any) -> None:
    older = {"DJANGO_SUPERUSER_EMAIL": "Ada@Example.ORG", "DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_USERNAME": "ada"}
    settings = Settings.from_environ({"SECRET_KEY": SECRET, "DATA_DIR": str(tmp_path), **older})
    assert (settings.admin_email, settings.admin_password, settings.admin_username) == ("Ada@example.org", PASSWORD, "ada")
    assert PASSWORD not in repr(settings)
