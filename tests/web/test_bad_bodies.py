"""Bodies that are not what an operation wants, at every operation of the document that takes JSON."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aizen.web import openapi
from tests.conftest import People

JSON = "application/json"
NOTHING = "00000000-0000-7000-8000-000000000000"
# body, content type, status, code; None where the fields decide
BODIES: list[tuple[str | bytes, str, int, str | None]] = [
    ("[]", JSON, 400, "not_an_object"),
    ("null", JSON, 400, "not_an_object"),
    ('"x"', JSON, 400, "not_an_object"),
    ("1", JSON, 400, "not_an_object"),
    ("{", JSON, 400, "malformed_json"),
    ("[" * 100_000, JSON, 400, "malformed_json"),
    ('{"password": ' * 500 + "1" + "}" * 500, JSON, 422, None),
    ('{"email": NaN}', JSON, 400, "malformed_json"),
    ('{"email": "ada@example.org", "email": "eve@example.org"}', JSON, 400, "repeated_name"),
    ('{"nested": {"a": 1, "a": 2}}', JSON, 400, "repeated_name"),
    (b"\xff\xfe", JSON, 400, "malformed_json"),
    ("email=ada@example.org", "application/x-www-form-urlencoded", 415, "json_expected"),
    ("{}", "text/plain", 415, "json_expected"),
    ('{"password": "' + "x" * 1_000_000 + '"}', JSON, 422, None),
    ('{"password": "' + "\\u0000" * 8 + '"}', JSON, 422, None),
    ('{"password": "' + "\\ud800" * 8 + '"}', JSON, 422, None),
    ('{"role": "admin", "is_admin": true, "id": 1, "email_verified": true}', JSON, 422, None),
]
SECONDS = 0.2
# Their schemas tell what is no number by the field that it stands in.
BY_FIELD = (("post", "/api/v1/images/{image_id}/transform"), ("post", "/api/v1/images/batch"))
# It takes a form too, which most of its callers send.
BY_FORM = ("post", "/api/v1/images")


def operations(app: Flask) -> list[tuple[str, str]]:
    document = openapi.document(app)
    return [
        (method, path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("post", "put", "patch", "delete") and JSON in operation.get("requestBody", {}).get("content", {})
    ]


def path_of(path: str) -> str:
    return "/".join(NOTHING if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize(("body", "content_type", "status", "code"), BODIES, ids=range(len(BODIES)))
def test_a_body_that_cannot_be_read_is_refused_at_once_by_every_operation(
    app: Flask, client: FlaskClient, people: People, body: str | bytes, content_type: str, status: int, code: str | None
) -> None:
    headers, answers = people.admin.headers, {}
    for method, path in operations(app):
        begun = time.process_time()
        answer = client.open(path_of(path), method=method.upper(), data=body, content_type=content_type, headers=headers)
        assert time.process_time() - begun < SECONDS, (method, path)
        answers[method, path] = (answer.status_code, answer.get_json()["code"])
    if body == '{"email": NaN}':
        assert [answers.pop(each) for each in BY_FIELD] == [(422, "invalid")] * len(BY_FIELD)
    if code == "json_expected":
        assert answers.pop(BY_FORM) == (415, "multipart_expected")
    wrong: dict[Any, Any] = {place: told for place, told in answers.items() if told != (status, code or "invalid")}
    assert wrong == {}
    assert len(answers) >= 10
