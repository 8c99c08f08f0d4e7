"""What lets somebody in somewhere lets them in nowhere else: every kind of token, presented in the place of every other."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import sqlalchemy as sa

from aizen.auth import one_time
from aizen.auth.models import User
from aizen.database import db, transaction
from aizen.web import adapters
from tests import pictures
from tests.auth.test_api_keys import bearing, made
from tests.conftest import People, Person

NEW_ADDRESS, NEW_PASSWORD = "new@example.org", "a slow train at noon"
Place = Callable[[Any, "Held", str], Any]


class Held:
    """What one person has been given, by kind, each of it fresh."""

    def __init__(self, client: Any, people: People) -> None:
        owner = people.owner
        self.email, self.headers = owner.email, owner.headers
        self.media = self._address_of_an_image(client, owner.headers)
        self.tokens = {
            "password": owner.password,
            "access token": owner.access,
            "refresh token": owner.refresh,
            "API key": made(client, owner)["key"],
            "signature of an address": parse_qs(urlsplit(self.media).query)["signature"][0],
            "signed address": self.media,
            **self._sent(client.application, owner),
        }

    def _sent(self, app: Any, owner: Person) -> dict[str, str]:
        """What letters would carry, and the start message."""
        user_id = uuid.UUID(owner.id)
        with app.app_context(), transaction():
            settings = adapters().settings
            db.session.execute(sa.update(User).where(User.id == user_id).values(pending_email=NEW_ADDRESS))
            return {
                "verification token": one_time.issue("verify_email", user_id=user_id, email=owner.email, settings=settings),
                "change of address": one_time.issue("change_email", user_id=user_id, email=NEW_ADDRESS, settings=settings),
                "reset token": one_time.issue("reset_password", user_id=user_id, email=owner.email, settings=settings),
                "set-up token": settings.setup_token,
            }

    def _address_of_an_image(self, client: Any, headers: dict[str, str]) -> str:
        answer = client.post("/api/v1/images", headers=headers, data={"image": (io.BytesIO(pictures.jpeg(40, 30)), "a.jpg")})
        return str(answer.get_json()["image"])


def authorization(client: Any, _held: Held, token: str) -> Any:
    return client.get("/api/v1/images", headers=bearing(token))


def refresh(client: Any, _held: Held, token: str) -> Any:
    return client.post("/api/v1/auth/token/refresh", json={"refresh": token})


def refresh_cookie(client: Any, _held: Held, token: str) -> Any:
    headers = {"Aizen-Session": "cookie", "Cookie": f'aizen_refresh="{token}"'}
    return client.post("/api/v1/auth/token/refresh", headers=headers)


def logout(client: Any, _held: Held, token: str) -> Any:
    return client.post("/api/v1/auth/logout", json={"refresh": token})


def login(client: Any, held: Held, token: str) -> Any:
    return client.post("/api/v1/auth/login", json={"email": held.email, "password": token})


def signature(client: Any, held: Held, token: str) -> Any:
    path, query = held.media.split("?")
    told = {name: values[0] for name, values in parse_qs(query).items()}
    answer = client.get(path, query_string={**told, "signature": token})
    answer.get_data()
    answer.close()
    return answer


def verification(client: Any, _held: Held, token: str) -> Any:
    return client.get(f"/api/v1/auth/verify-email/{quote(token, safe='')}")


def reset(client: Any, _held: Held, token: str) -> Any:
    return client.post("/api/v1/auth/password/reset/confirm", json={"token": token, "password": NEW_PASSWORD})


def set_up(client: Any, _held: Held, token: str) -> Any:
    return client.post("/api/v1/setup", json={"token": token, "email": "first@example.org", "password": NEW_PASSWORD})


def change_of_password(client: Any, held: Held, token: str) -> Any:
    body = {"current_password": token, "password": NEW_PASSWORD}
    return client.post("/api/v1/auth/password/change", headers=held.headers, json=body)


def change_of_address(client: Any, held: Held, token: str) -> Any:
    body = {"email": "another@example.org", "current_password": token}
    return client.patch("/api/v1/auth/profile", headers=held.headers, json=body)


def closing(client: Any, held: Held, token: str) -> Any:
    return client.delete("/api/v1/auth/profile", headers=held.headers, json={"password": token})


# Where a token is presented, and the kinds that are taken there.
PLACES: tuple[tuple[Place, frozenset[str]], ...] = (
    (authorization, frozenset({"access token", "API key"})),
    (refresh, frozenset({"refresh token"})),
    (refresh_cookie, frozenset({"refresh token"})),
    (logout, frozenset({"refresh token"})),
    (login, frozenset({"password"})),
    (signature, frozenset({"signature of an address"})),
    (verification, frozenset({"verification token", "change of address"})),
    (reset, frozenset({"reset token"})),
    (set_up, frozenset({"set-up token"})),
    (change_of_password, frozenset({"password"})),
    (change_of_address, frozenset({"password"})),
    (closing, frozenset({"password"})),
)


@pytest.mark.parametrize(("place", "taken"), PLACES, ids=[place.__name__ for place, _ in PLACES])
def test_each_kind_of_token_is_taken_in_its_own_place_only(
    app: Any, client: Any, people: People, place: Place, taken: frozenset[str]
) -> None:
    held, bare = Held(client, people), app.test_client(use_cookies=False)
    assert taken <= set(held.tokens)
    for kind, token in held.tokens.items():
        if kind not in taken:
            answer = place(bare, held, token)
            # 404: no part of a path is a whole address.
            assert answer.status_code in (401, 403, 422) or (kind, answer.status_code) == ("signed address", 404), kind
            assert answer.mimetype == "application/problem+json", kind
    # Last, since some are spent by it: what was refused above was alive.
    for kind, token in held.tokens.items():
        if kind in taken:
            assert place(bare, held, token).status_code in (200, 201, 204), kind


def test_every_kind_of_token_has_its_place(client: Any, people: People) -> None:
    # The whole address is for a browser's address bar: no place of the API takes it.
    assert set(Held(client, people).tokens) == {"signed address"}.union(*(taken for _, taken in PLACES))
