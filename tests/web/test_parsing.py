"""JSON bodies that are none: each has its own code, and nothing is ever a 5xx."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import PASSWORD

REGISTER = "/api/v1/auth/register"
LOGIN = "/api/v1/auth/login"

BODIES = {
    "an array": (b"[]", 400, "not_an_object"),
    "a string": (b'"text"', 400, "not_an_object"),
    "a number": (b"1", 400, "not_an_object"),
    "null": (b"null", 400, "not_an_object"),
    "broken off": (b'{"email": "a@exam', 400, "malformed_json"),
    "no JSON": (b"email=a@example.org", 400, "malformed_json"),
    "single quotes": (b"{'email': 'a'}", 400, "malformed_json"),
    "a comma too many": (b'{"email": "a",}', 400, "malformed_json"),
    "two objects": (b"{}{}", 400, "malformed_json"),
    "NaN": (b'{"email": NaN}', 400, "malformed_json"),
    "Infinity": (b'{"email": -Infinity}', 400, "malformed_json"),
    "a raw control character": (b'{"email": "a\x01"}', 400, "malformed_json"),
    "bytes that are no UTF-8": (b'{"email": "\xff"}', 400, "malformed_json"),
    "half a surrogate in bytes": (b'{"email": "\xed\xa0\x80"}', 400, "malformed_json"),
    "UTF-16": ('{"email": "a"}'.encode("utf-16"), 400, "malformed_json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, "malformed_json"),
    "deep nesting": (b"[" * 100_000 + b"]" * 100_000, 400, "malformed_json"),
    "deep nesting inside": (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 400, "malformed_json"),
    "a number of 100,000 digits": (b'{"email": ' + b"9" * 100_000 + b"}", 400, "malformed_json"),
    "only blanks": (b"   ", 400, "malformed_json"),
    "more than is taken": (b'{"email": "' + b"a" * 3_000_000 + b'"}', 413, "body_too_large"),
}


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=list(BODIES))
def test_a_body_that_is_no_json_object_has_a_code(client: FlaskClient, body: bytes, status: int, code: str) -> None:
    answer = client.post(REGISTER, data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "nonsense",
        "application/json2; charset=utf-8",
    ],
)
def test_another_content_type_is_415(client: FlaskClient, content_type: str) -> None:
    answer = client.post(REGISTER, data=b'{"email": "a@example.org"}', headers={"Content-Type": content_type} if content_type else {})
    assert (answer.status_code, answer.get_json()["code"]) == (415, "json_expected")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_every_type_of_json_is_taken(client: FlaskClient, content_type: str) -> None:
    answer = client.post(LOGIN, data=b"{}", content_type=content_type)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "invalid")


VALUES: list[tuple[Any, str]] = [
    (None, "null"),
    (1, "wrong_type"),
    (10**400, "wrong_type"),
    (1.5e300, "wrong_type"),
    (True, "wrong_type"),
    ([], "wrong_type"),
    (["a@example.org"], "wrong_type"),
    ({"a": 1}, "wrong_type"),
    ("a\0@example.org", "nul_character"),
    ("a\ud800@example.org", "lone_surrogate"),
    ("a" * 255, "too_long"),
    ("", "not_an_email"),
]


@pytest.mark.parametrize(("value", "code"), VALUES, ids=lambda value: repr(value)[:20])
def test_a_value_that_is_none_has_a_code(client: FlaskClient, value: Any, code: str) -> None:
    answer = client.post(REGISTER, json={"email": value, "password": PASSWORD})
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [("/email", code)]


@pytest.mark.parametrize("name", ["\0", "\ud800", "a/b", "x" * 5000, "", "__proto__", "is_admin", "role"])
def test_a_field_that_nobody_knows_is_named_and_refused(client: FlaskClient, name: str) -> None:
    answer = client.post(
        REGISTER, data=json.dumps({name: 1, "email": "a@example.org", "password": PASSWORD}), content_type="application/json"
    )
    assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (422, "unknown_field")
    assert len(answer.get_json()["errors"][0]["pointer"]) <= 210


def test_hundreds_of_faults_are_told_in_part(client: FlaskClient) -> None:
    answer = client.post(REGISTER, json={f"field{number}": 1 for number in range(5000)})
    assert answer.status_code == 422
    assert len(answer.get_json()["errors"]) == 50


def test_no_body_is_told_like_an_empty_object(client: FlaskClient) -> None:
    answer = client.post(LOGIN)
    assert {(each["pointer"], each["code"]) for each in answer.get_json()["errors"]} == {("/email", "required"), ("/password", "required")}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None, exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(["email", "password", "username", "password2", "x"]), JSON, max_size=5))
def test_no_body_breaks_the_registration(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post(REGISTER, data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (201, 400, 409, 422)


@pytest.mark.parametrize(
    "header", ["Authorization", "X-Request-Id", "If-None-Match", "Prefer", "User-Agent", "Accept", "Cookie", "Idempotency-Key", "Range"]
)
@pytest.mark.parametrize(
    "value",
    ["", "\xff\xfe", "\x00", "a" * 8000, "Bearer ", "Bearer \xe9", '"', "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")],
)
def test_no_header_breaks_a_request(client: FlaskClient, header: str, value: str) -> None:
    answer = client.get("/api/v1/images", headers={header: value})
    assert answer.status_code == 401


def test_a_user_agent_that_no_database_can_hold_does_not_stop_anybody(client: FlaskClient) -> None:
    for number, value in enumerate(("\x00", "\xff\xfe", "\xed\xa0\x80", "x" * 7000)):
        body = {"email": f"agent{number}@example.org", "password": PASSWORD}
        assert client.post(REGISTER, json=body, headers={"User-Agent": value}).status_code == 201
