from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from aizen.auth.models import User
from aizen.database import db, transaction
from tests.conftest import People

ADDRESS = "/api/v1/user/info"


@pytest.mark.every_backend
def test_user_info_shows_the_caller_and_nobody_else(client: Any, people: People) -> None:
    owner, stranger = (client.get(ADDRESS, headers=each.headers) for each in (people.owner, people.stranger))
    assert (owner.status_code, stranger.status_code) == (200, 200)
    assert (owner.json["id"], owner.json["email"], owner.json["username"]) == (people.owner.id, "owner@example.org", "owner")
    assert (stranger.json["id"], stranger.json["email"]) == (people.stranger.id, "stranger@example.org")
    assert set(owner.json) == {
        "id",
        "email",
        "pending_email",
        "username",
        "first_name",
        "last_name",
        "date_joined",
        "email_verified",
        "role",
        "storage",
    }
    assert owner.headers["Cache-Control"] == "no-store"


@pytest.mark.every_backend
def test_a_disabled_user_is_refused_at_once(client: Any, people: People, disable: Callable[[str], None]) -> None:
    assert client.get(ADDRESS, headers=people.owner.headers).status_code == 200
    disable(people.owner.id)
    response = client.get(ADDRESS, headers=people.owner.headers)
    assert (response.status_code, response.json["code"]) == (401, "session_ended")
    assert client.get(ADDRESS, headers=people.stranger.headers).status_code == 200


def test_a_new_role_holds_from_the_next_request_on(app: Flask, client: Any, people: People) -> None:
    assert client.get(ADDRESS, headers=people.owner.headers).json["role"] == "user"
    with app.app_context(), transaction():
        db.session.execute(sa.update(User).values(role="admin"))
    assert client.get(ADDRESS, headers=people.owner.headers).json["role"] == "admin"


def test_a_deleted_user_takes_the_sessions_along(app: Flask, client: Any, people: People) -> None:
    headers, token = people.owner.headers, people.owner.refresh
    with app.app_context(), transaction():
        db.session.execute(sa.delete(User))
    assert client.get(ADDRESS, headers=headers).status_code == 401
    assert client.post("/api/v1/auth/token/refresh", json={"refresh": token}).status_code == 401
    assert client.post("/api/v1/auth/logout", json={"refresh": token}).status_code == 200


def test_looking_up_the_caller_keeps_no_connection(app: Flask, client: Any, people: People) -> None:
    client.get(ADDRESS, headers=people.owner.headers)
    with app.app_context():
        pool = db.engine.pool
    assert isinstance(pool, sa.QueuePool)
    assert pool.checkedout() == 0


def test_user_info_cannot_be_written(client: Any, people: People) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.open(ADDRESS, method=method, headers=people.owner.headers, json={"role": "admin"}).status_code == 405
