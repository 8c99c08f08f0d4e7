"""Sessions that were begun at an old address: their clients keep the first refresh token, and still they can be ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth.models import Session
from aizen.database import db
from aizen.settings import Settings
from tests.auth.forging import opened
from tests.auth.test_refresh import at_once, is_signed_in, later, refresh, refusal
from tests.conftest import PASSWORD, People

every_backend = pytest.mark.every_backend
OLD_REFRESH = "/api/auth/token/refresh/"
DAY = 24 * 3600
GRACE = {"email": "grace@example.org", "password": PASSWORD}
Tokens = dict[str, Any]


@pytest.fixture
def tokens(client: FlaskClient, people: People) -> Tokens:
    """Those of a sign-in at an old address."""
    told: Tokens = client.post("/api/auth/login/", json={"email": people.owner.email, "password": PASSWORD}).get_json()
    return told


def refresh_there(client: FlaskClient, token: str) -> Any:
    return client.post(OLD_REFRESH, json={"refresh": token})


def last_use(app: Flask, token: str) -> datetime:
    with app.app_context():
        found = db.session.scalar(sa.select(Session.last_used_at).where(Session.id == uuid.UUID(opened(token)["sid"])))
        assert found is not None
        return found


@every_backend
@pytest.mark.parametrize("address", [OLD_REFRESH, "/api/v1/auth/token/refresh"])
def test_the_first_refresh_token_is_good_for_every_refresh(client: FlaskClient, tokens: Tokens, settings: Settings, address: str) -> None:
    for hours in (0, 1, 23, 100):
        with later(hours * 3600 + settings.refresh_grace_seconds * 2):
            answer = client.post(address, json={"refresh": tokens["refresh"]})
            assert answer.status_code == 200, answer.text
            assert answer.get_json()["refresh"] == tokens["refresh"]
            assert is_signed_in(client, answer.get_json()["access"])


def test_a_registration_at_an_old_address_begins_such_a_session_too(client: FlaskClient) -> None:
    first = client.post("/api/register/", json=GRACE).get_json()["tokens"]
    assert first["expires_in"] == DAY
    with later(60):
        assert refresh_there(client, first["refresh"]).get_json()["refresh"] == first["refresh"]
        assert refresh_there(client, first["refresh"]).status_code == 200


@every_backend
def test_an_access_token_lives_a_day(client: FlaskClient, tokens: Tokens) -> None:
    assert tokens["expires_in"] == DAY
    with later(DAY - 60):
        assert is_signed_in(client, tokens["access"])
    with later(DAY + 60):
        assert not is_signed_in(client, tokens["access"])


@every_backend
def test_the_session_lives_seven_days_from_its_beginning_whatever_is_refreshed(client: FlaskClient, tokens: Tokens) -> None:
    with later(6.5 * DAY):
        last = refresh_there(client, tokens["refresh"]).get_json()
        assert DAY / 2 - 60 <= last["expires_in"] <= DAY / 2
    with later(7 * DAY - 60):
        assert is_signed_in(client, last["access"])
    with later(7 * DAY + 60):
        assert refusal(refresh_there(client, tokens["refresh"])) == (401, "token_expired")
        assert not is_signed_in(client, last["access"])


def test_both_lives_are_settings(make_app: Callable[..., Flask], people: People) -> None:
    client = make_app(old_client_access_seconds=100, old_client_session_seconds=150).test_client()
    first = client.post("/api/token/", json={"email": people.owner.email, "password": PASSWORD}).get_json()
    claims = [opened(first[name]) for name in ("access", "refresh")]
    assert [each["exp"] - each["iat"] for each in claims] == [100, 150]
    assert first["expires_in"] == 100


@every_backend
def test_ten_refreshes_at_once_and_many_later_end_nothing(app: Flask, client: FlaskClient, tokens: Tokens) -> None:
    answers = at_once(app, tokens["refresh"])
    assert [answer.status_code for answer in answers] == [200] * 10
    assert {answer.get_json()["refresh"] for answer in answers} == {tokens["refresh"]}
    with later(3600):
        assert [answer.status_code for answer in at_once(app, tokens["refresh"])] == [200] * 10
        assert is_signed_in(client, tokens["access"])


def test_without_grace_nothing_is_taken_for_reuse(make_app: Callable[..., Flask], tokens: Tokens) -> None:
    strict = make_app(refresh_grace_seconds=0)
    assert [answer.status_code for answer in at_once(strict, tokens["refresh"])] == [200] * 10


@every_backend
def test_a_refresh_is_written_down_as_the_last_use(app: Flask, client: FlaskClient, tokens: Tokens) -> None:
    before = last_use(app, tokens["refresh"])
    with time_machine.travel(before.timestamp() + 3600):
        assert refresh_there(client, tokens["refresh"]).status_code == 200
    assert 3590 <= (last_use(app, tokens["refresh"]) - before).total_seconds() <= 3610


@every_backend
@pytest.mark.parametrize("name", ["refresh", "refresh_token"])
@pytest.mark.parametrize("use", ["first", "refreshed"])
def test_signing_out_ends_refresh_and_access_tokens_at_once(client: FlaskClient, tokens: Tokens, name: str, use: str) -> None:
    other = tokens["access"] if use == "first" else refresh_there(client, tokens["refresh"]).get_json()["access"]
    answer = client.post("/api/auth/logout/", json={name: tokens["refresh"]})
    assert (answer.status_code, answer.get_json()) == (200, {})
    assert not is_signed_in(client, tokens["access"])
    assert not is_signed_in(client, other)
    assert refusal(refresh_there(client, tokens["refresh"])) == (401, "session_ended")
    assert refusal(refresh(client, tokens["refresh"])) == (401, "session_ended")


def test_the_canonical_address_signs_such_a_session_out_too(client: FlaskClient, tokens: Tokens) -> None:
    assert client.post("/api/v1/auth/logout", json={"refresh": tokens["refresh"]}).status_code == 200
    assert not is_signed_in(client, tokens["access"])


def test_where_both_names_are_sent_the_canonical_one_counts(client: FlaskClient, tokens: Tokens) -> None:
    assert client.post("/api/auth/logout/", json={"refresh": tokens["refresh"], "refresh_token": "x"}).status_code == 200
    assert not is_signed_in(client, tokens["access"])


def test_signing_out_without_a_token_of_ours_is_refused(client: FlaskClient, tokens: Tokens) -> None:
    assert refusal(client.post("/api/auth/logout/", json={"refresh_token": tokens["refresh"][:-9] + "AAAAAAAAA"})) == (401, "token_invalid")
    assert refusal(client.post("/api/auth/logout/", json={"refresh_token": tokens["access"]})) == (401, "wrong_token_kind")
    missing = client.post("/api/auth/logout/", json={})
    assert (missing.status_code, missing.get_json()["refresh"]) == (400, ["Missing data for required field."])
    assert client.post("/api/v1/auth/logout", json={"refresh_token": tokens["refresh"]}).status_code == 422
    assert is_signed_in(client, tokens["access"])


def test_a_disabled_user_cannot_refresh_there(client: FlaskClient, tokens: Tokens, people: People, disable: Callable[[str], None]) -> None:
    disable(people.owner.id)
    assert refusal(refresh_there(client, tokens["refresh"])) == (401, "session_ended")
    assert not is_signed_in(client, tokens["access"])


@every_backend
def test_a_session_of_the_canonical_address_rotates_at_an_old_one_too(client: FlaskClient, people: People, settings: Settings) -> None:
    child = refresh_there(client, people.owner.refresh).get_json()
    assert child["refresh"] != people.owner.refresh
    assert child["expires_in"] == settings.jwt_access_seconds
    with later(settings.refresh_grace_seconds + 1):
        assert refusal(refresh_there(client, people.owner.refresh)) == (401, "refresh_token_reused")
        assert not is_signed_in(client, child["access"])


def test_a_session_row_of_the_former_version_rotates(app: Flask, client: FlaskClient, people: People) -> None:
    sid = uuid.UUID(opened(people.owner.refresh)["sid"])
    with app.app_context(), db.engine.begin() as connection:
        row = dict(connection.execute(sa.select(*Session.__table__.columns).where(Session.id == sid)).mappings().one())
        connection.execute(sa.delete(Session).where(Session.id == sid))
        del row["rotates"]
        connection.execute(sa.insert(Session).values(row))
    assert refresh(client, people.owner.refresh).get_json()["refresh"] != people.owner.refresh
