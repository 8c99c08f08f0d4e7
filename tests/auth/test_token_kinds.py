"""What lets somebody in somewhere lets them in nowhere else: every kind of token, presented in the place of every other."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import pictures
from tests.auth.test_api_keys import bearing, made
from tests.conftest import People

Place = Callable[[Any, "Held", str], Any]


class Held:
    """What one person has been given, by kind, each of it fresh."""

    def __init__(self, client: Any, people: People) -> None:
        owner = people.owner
        self.email = owner.email
        self.media = self._address_of_an_image(client, owner.headers)
        self.tokens = {
            "password": owner.password,
            "access token": owner.access,
            "refresh token": owner.refresh,
            "API key": made(client, owner)["key"],
            "signature of an address": parse_qs(urlsplit(self.media).query)["signature"][0],
            "signed address": self.media,
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


# Where a token is presented, and the kinds that are taken there.
PLACES: tuple[tuple[Place, frozenset[str]], ...] = (
    (authorization, frozenset({"access token", "API key"})),
    (refresh, frozenset({"refresh token"})),
    (refresh_cookie, frozenset({"refresh token"})),
    (logout, frozenset({"refresh token"})),
    (login, frozenset({"password"})),
    (signature, frozenset({"signature of an address"})),
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
            assert answer.status_code in (401, 403, 422), kind
            assert answer.mimetype == "application/problem+json", kind
    # Last, since some are spent by it: what was refused above was alive.
    for kind in taken:
        assert place(bare, held, held.tokens[kind]).status_code == 200, kind


def test_every_kind_of_token_has_its_place(client: Any, people: People) -> None:
    # The whole address is for a browser's address bar: no place of the API takes it.
    assert set(Held(client, people).tokens) == {"signed address"}.union(*(taken for _, taken in PLACES))
