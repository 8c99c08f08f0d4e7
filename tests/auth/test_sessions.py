from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from aizen.auth.models import Session, User
from aizen.auth.sessions import network_of, origin_of
from aizen.database import db, utc_now
from aizen.settings import Settings
from tests.conftest import People


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("0.0.0.1", "0.0.0.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::1", "::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("unknown", "unknown"),
        ("", "unknown"),
        ("203.0.113.77:4711", "unknown"),
    ],
)
def test_an_address_is_kept_as_its_network_only(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_name_of_a_device_is_short_and_printable() -> None:
    assert origin_of("Mozilla/5.0\0\r\n\u202e (X11)" + "y" * 300, "::1").device == ("Mozilla/5.0 (X11)" + "y" * 300)[:200]


@pytest.mark.every_backend
def test_the_clock_forgets_sessions_when_they_have_expired(
    app: Flask, client: Any, people: People, settings: Settings, tick: Callable[[], Any]
) -> None:
    client.post("/api/v1/auth/logout", json={"refresh": people.owner.refresh})
    assert people.stranger.id
    tick()
    assert _count(app, Session) == 2
    with time_machine.travel(utc_now().timestamp() + settings.jwt_refresh_seconds + 1, tick=True):
        tick()
    assert _count(app, Session) == 0
    assert _count(app, User) == 2


def _count(app: Flask, model: type[Any]) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_the_last_use_is_written_at_refresh_only(app: Flask, client: Any, people: People) -> None:
    headers = people.owner.headers
    begun = _last_use(app)
    client.get("/api/v1/user/info", headers=headers)
    assert _last_use(app) == begun
    client.post("/api/v1/auth/token/refresh", json={"refresh": people.owner.refresh})
    assert _last_use(app) > begun


def _last_use(app: Flask) -> Any:
    with app.app_context():
        return db.session.scalars(sa.select(Session.last_used_at)).one()
