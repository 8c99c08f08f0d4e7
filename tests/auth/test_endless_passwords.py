"""Whatever stands in the place of a password is refused at once, at every route that takes one, before anything is computed of it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import PASSWORD, People

ROUTES: dict[str, tuple[str, dict[str, Any]]] = {
    "/auth/register": ("password", {"email": "new@example.org"}),
    "/auth/login": ("password", {"email": "owner@example.org"}),
    "/auth/password/reset/confirm": ("password", {"token": "x" * 43}),
    "/auth/password/change": ("password", {"current_password": PASSWORD}),
    "/auth/password/change#current": ("current_password", {"password": "a slow train at noon"}),
}
BAD: dict[str, tuple[Any, int, str]] = {
    "more than a body holds": ("x" * 2_500_000, 413, "body_too_large"),
    "as much as a body holds": ("x" * 2_000_000, 422, "too_long"),
    "1 MB": ("x" * 1_000_000, 422, "too_long"),
    "129 characters": ("x" * 129, 422, "too_long"),
    "129 emoji": ("\U0001f40b" * 129, 422, "too_long"),
    "NUL": ("a slow\0train", 422, "nul_character"),
    "half of a surrogate pair": ("a slow train \ud800", 422, "lone_surrogate"),
    "a list": (["a slow train"], 422, "wrong_type"),
    "an object": ({"$ne": ""}, 422, "wrong_type"),
    "a number": (12345678, 422, "wrong_type"),
    "null": (None, 422, "null"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
@pytest.mark.parametrize("route", ROUTES)
def test_what_is_no_password_is_refused_within_a_fifth_of_a_second(
    client: FlaskClient, people: People, route: str, bad: tuple[Any, int, str]
) -> None:
    field, others = ROUTES[route]
    value, status, code = bad
    headers = people.owner.headers
    body = json.dumps({**others, field: value})
    begun = time.process_time()
    answer = client.post(f"/api/v1{route.partition('#')[0]}", data=body, content_type="application/json", headers=headers)
    assert time.process_time() - begun < 0.2
    told = answer.get_json()
    assert answer.status_code == status
    if status == 413:
        assert told["code"] == code
    else:
        assert [(each["pointer"], each["code"]) for each in told["errors"]] == [(f"/{field}", code)]


@pytest.mark.parametrize("route", ["/auth/password/reset/request", "/auth/password/reset/confirm", "/auth/password/change"])
@pytest.mark.parametrize(
    "body",
    ["[]", "null", '"x"', "1", "{", '{"password":' * 50_000, "[" * 100_000, '{"token": NaN}', "\ud800"],
)
def test_a_body_that_is_no_object_is_400_at_once(client: FlaskClient, people: People, route: str, body: str) -> None:
    headers = people.owner.headers
    begun = time.process_time()
    answer = client.post(f"/api/v1{route}", data=body.encode("utf-8", "surrogatepass"), content_type="application/json", headers=headers)
    assert time.process_time() - begun < 0.2
    assert answer.status_code in (400, 413), answer.text
