"""Every route that guesses can reach is throttled: one table, of which the document of the API says whether it is complete."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aizen.web import openapi
from aizen.web.legacy_routes import OLD_ADDRESSES, PREFIX
from tests.auth.resets import asked_for
from tests.conftest import PASSWORD, Backend, People

NEW, WRONG = "a slow train at noon", "a wrong guess"
LIMIT = 3
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.1"}
# What a guess can be about: fields of bodies, and parts of paths.
SECRETS = {"password", "current_password", "token", "refresh"}


@dataclass
class Scene:
    """Whom the guesses are about, and what they get by e-mail."""

    people: People
    backend: Backend
    work: Callable[[], int]

    def reset_token(self) -> str:
        return asked_for(self.backend, self.work, self.people.owner.email)

    def verification_token(self) -> str:
        email = self.people.owner.email
        self.backend.app.test_client().post(f"{PREFIX}/auth/verify-email/resend", json={"email": email})
        self.work()
        found = re.search(r"verify-email/(\S+)", self.backend.mailer.to(email)[-1].text)
        assert found
        return found[1]

    def signed_in(self) -> dict[str, Any]:
        return {"headers": self.people.owner.headers}


Sent = Callable[[Scene], dict[str, Any]]


@dataclass(frozen=True)
class Guessed:
    """A route that guesses can reach: what a wrong one is and is answered, what the right one is, and whose limit bounds them.

    ``token``: the guess is the last part of the path. At an old address a refused field is 400.
    """

    method: str
    path: str
    setting: str
    wrong: Sent
    refused: int
    right: Sent
    accepted: int
    token: Callable[[Scene], str] | None = None

    def addresses(self) -> list[str]:
        """Every address by which the route is reached, the canonical one first."""
        old = [row.path for row in OLD_ADDRESSES if self.method in row.methods and re.sub("<(.*?)>", r"{\1}", row.canonical) == self.path]
        return [PREFIX + self.path, *(re.sub("<(.*?)>", r"{\1}", path) for path in old)]


def login(email: str, password: str) -> dict[str, Any]:
    return {"json": {"email": email, "password": password}}


def change(scene: Scene, current: str) -> dict[str, Any]:
    return {"json": {"current_password": current, "password": NEW}, **scene.signed_in()}


def proved(scene: Scene, password: str) -> dict[str, Any]:
    """A profile with another address."""
    owner = scene.people.owner
    return {"json": {"email": "new@example.org", "username": owner.username, "current_password": password}, **scene.signed_in()}


def closed(scene: Scene, password: str) -> dict[str, Any]:
    return {"json": {"password": password}, **scene.signed_in()}


def set_up(token: str) -> dict[str, Any]:
    return {"json": {"token": token, **login("first@example.org", NEW)["json"]}}


ROUTES = (
    Guessed(
        "POST",
        "/setup",
        "rate_limit_setup",
        lambda _: set_up("x" * 32),
        403,
        lambda scene: set_up(scene.backend.settings.setup_token),
        201,
    ),
    *(
        Guessed(
            method,
            "/auth/profile",
            "rate_limit_login",
            lambda scene: proved(scene, WRONG),
            403,
            lambda scene: proved(scene, PASSWORD),
            200,
        )
        for method in ("PUT", "PATCH")
    ),
    Guessed(
        "DELETE",
        "/auth/profile",
        "rate_limit_login",
        lambda scene: closed(scene, WRONG),
        403,
        lambda scene: closed(scene, PASSWORD),
        204,
    ),
    Guessed(
        "POST",
        "/auth/register",
        "rate_limit_register",
        lambda scene: login(scene.people.owner.email, PASSWORD),
        409,
        lambda _: login("new@example.org", PASSWORD),
        201,
    ),
    Guessed(
        "POST",
        "/auth/login",
        "rate_limit_login",
        lambda scene: login(scene.people.owner.email, WRONG),
        401,
        lambda scene: login(scene.people.owner.email, PASSWORD),
        200,
    ),
    Guessed(
        "POST",
        "/auth/token/refresh",
        "rate_limit_refresh",
        lambda scene: {"json": {"refresh": scene.people.owner.refresh[:-2]}},
        401,
        lambda scene: {"json": {"refresh": scene.people.owner.refresh}},
        200,
    ),
    Guessed(
        "POST",
        "/auth/logout",
        "rate_limit_refresh",
        lambda scene: {"json": {"refresh": scene.people.owner.refresh[:-2]}},
        401,
        lambda scene: {"json": {"refresh": scene.people.owner.refresh}},
        200,
    ),
    Guessed(
        "GET",
        "/auth/verify-email/{token}",
        "rate_limit_one_time_token",
        lambda _: {},
        422,
        lambda _: {},
        200,
        token=Scene.verification_token,
    ),
    Guessed(
        "POST",
        "/auth/verify-email/resend",
        "rate_limit_email",
        lambda scene: {"json": {"email": scene.people.owner.email}},
        202,
        lambda scene: {"json": {"email": scene.people.owner.email}},
        202,
    ),
    Guessed(
        "POST",
        "/auth/password/reset/request",
        "rate_limit_email",
        lambda scene: {"json": {"email": scene.people.owner.email}},
        202,
        lambda scene: {"json": {"email": scene.people.owner.email}},
        202,
    ),
    Guessed(
        "POST",
        "/auth/password/reset/confirm",
        "rate_limit_one_time_token",
        lambda _: {"json": {"token": "x" * 43, "password": NEW}},
        422,
        lambda scene: {"json": {"token": scene.reset_token(), "password": NEW}},
        200,
    ),
    Guessed(
        "POST",
        "/auth/password/change",
        "rate_limit_login",
        lambda scene: change(scene, WRONG),
        403,
        lambda scene: change(scene, PASSWORD),
        200,
    ),
)
NAMES = [f"{route.method} {route.path}" for route in ROUTES]
# How one client looks different each time, as far as it can.
DISGUISES: dict[str, Callable[[int], dict[str, Any]]] = {
    "forwarded": lambda number: {
        "environ_base": {
            "REMOTE_ADDR": "203.0.113.7",
            "HTTP_X_FORWARDED_FOR": f"198.51.{number}.1",
            "HTTP_FORWARDED": f"for=198.51.{number}.1",
        }
    },
    "a /64 of IPv6": lambda number: {"environ_base": {"REMOTE_ADDR": f"2001:db8:0:1:{number}::{number}"}},
    "IPv4 in IPv6": lambda number: {"environ_base": {"REMOTE_ADDR": "198.18.0.8" if number % 2 else "::ffff:198.18.0.8"}},
}


@pytest.fixture
def scene(people: People, backend: Backend, work: Callable[[], int]) -> Scene:
    assert people.owner
    return Scene(people, backend, work)


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_after_so_many_guesses_a_client_is_429_by_whatever_address_and_nobody_else_is(
    make_app: Callable[..., Flask], scene: Scene, route: Guessed
) -> None:
    client = make_app(trusted_proxies=0, **{route.setting: f"{LIMIT} per minute"}).test_client()
    right = route.right(scene)
    path = PREFIX + (route.path.replace("{token}", route.token(scene)) if route.token else route.path)
    # Each is a client of its own, whom the limit that another has passed does not concern.
    for name, disguise in DISGUISES.items():
        assert_guesses_end(client, scene, route, disguise)
        assert client.open(path, method=route.method, **right, **disguise(99)).status_code == 429, name
    answer = client.open(path, method=route.method, **right, environ_base=ELSEWHERE)
    assert answer.status_code == route.accepted, answer.text


def assert_guesses_end(client: FlaskClient, scene: Scene, route: Guessed, disguise: Callable[[int], dict[str, Any]]) -> None:
    addresses = cycle(route.addresses())

    def guess(number: int) -> Any:
        return client.open(next(addresses).replace("{token}", "x" * 43), method=route.method, **route.wrong(scene), **disguise(number))

    statuses = {guess(number).status_code for number in range(LIMIT)}
    assert statuses <= ({route.refused, 400} if route.refused in (403, 409, 422) else {route.refused}), disguise(0)
    for number, _ in enumerate(route.addresses(), LIMIT):
        refused = guess(number)
        assert refused.status_code == 429, (disguise(number), refused.text)
        assert 1 <= int(refused.headers["Retry-After"]) <= 61
        assert re.fullmatch(r'"\w+";r=0;t=\d+', refused.headers["RateLimit"])
        assert refused.headers["RateLimit-Policy"].endswith(f";q={LIMIT};w=60")
        assert refused.headers["Cache-Control"] == "no-store"


def test_the_table_has_every_operation_that_is_told_a_secret_or_asks_nobody_who_they_are(app: Flask) -> None:
    with app.test_request_context():
        document = openapi.document(app)

    def fields(operation: dict[str, Any]) -> set[str]:
        told = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            told |= set(document["components"]["schemas"].get(name, content["schema"]).get("properties", {}))
        return told

    wanted = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
        and (SECRETS & fields({"parameters": item.get("parameters", []), **operation}) or (method == "post" and not operation["security"]))
    }
    # A link is given a password by who owns the image: there is nothing to be guessed. How often it is guessed where the link is opened,
    # tests/gallery/test_guarded_links.py looks at.
    assert wanted - {"POST /images/{image_id}/links"} == set(NAMES)
