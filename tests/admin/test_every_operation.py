"""What holds for every operation of administration, whichever they are: walked by the OpenAPI document."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aizen.web import openapi
from tests.admin.conftest import Audit, Picture
from tests.conftest import People
from tests.web.test_openapi import Checking, Document, operations

ADMIN = "/api/v1/admin/"


@pytest.fixture
def document(app: Flask) -> Document:
    with app.test_request_context():
        return openapi.document(app)


def of_admin(document: Document) -> Iterator[tuple[str, str, str]]:
    for method, path, operation in operations(document):
        if path.startswith(ADMIN):
            yield method.upper(), path, operation["operationId"]


def test_every_operation_needs_the_scope_of_administrators(document: Document) -> None:
    found = {operation["operationId"]: operation.get("x-scope") for _, path, operation in operations(document) if path.startswith(ADMIN)}
    assert len(found) >= 16
    assert set(found.values()) == {"admin"}


def test_no_operation_answers_a_user_or_a_stranger(client: FlaskClient, people: People, document: Document, audit: Audit) -> None:
    for method, path, name in of_admin(document):
        address = re.sub(r"\{[^}]+\}", str(uuid.uuid4()), path)
        options: dict[str, Any] = {} if method == "GET" else {"json": {}}
        nobody = client.open(address, method=method, **options)
        assert (nobody.status_code, "WWW-Authenticate" in nobody.headers) == (401, True), name
        user = client.open(address, method=method, headers=people.owner.headers, **options)
        assert (user.status_code, user.get_json()["code"]) == (403, "scope_missing"), name
        assert user.headers["Cache-Control"] == "no-store"
    assert audit() == []


def test_every_change_leaves_one_row_in_the_log_and_every_answer_keeps_to_the_document(
    client: FlaskClient,
    people: People,
    document: Document,
    picture: Picture,
    broken: Picture,
    item_of: Callable[[str, str], str],
    work: Callable[[], int],
    audit: Audit,
) -> None:
    call = Checking(client, document)
    headers = people.admin.headers
    user, shown, failed, other = people.owner.id, picture(visibility="public"), broken(), broken()
    # Everything that changes something, with what makes it do so.
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "admin_edit_user": (f"users/{user}", {"storage_quota": 5, "email_verified": True}),
        "admin_end_sessions": (f"users/{user}/end-sessions", {}),
        "admin_take_down_image": (f"images/{shown}/take-down", {"reason": "x"}),
        "admin_retry_job": (f"jobs/{item_of(failed, 'variants')}/retry", {}),
        "admin_retry_jobs": ("jobs/retry", {}),
        "admin_ask_for_integrity": ("integrity", {"checksums": False}),
        "admin_delete_image": (f"images/{other}", {}),
    }
    assert set(changes) == {name for method, _, name in of_admin(document) if method != "GET"}
    methods = {name: method for method, _, name in of_admin(document)}
    for name, (path, body) in changes.items():
        before = len(audit())
        options: dict[str, Any] = {"json": body} if methods[name] != "DELETE" else {}
        answer = call(methods[name], ADMIN + path, headers=headers, **options)
        assert answer.status_code < 300, (name, answer.text)
        assert len(audit()) == before + 1, name
        assert str(audit()[-1].actor_id) == people.admin.id
    work()
    for path in (
        "users?include=total&limit=1",
        f"users/{user}",
        "images?limit=1",
        f"images/{shown}",
        "jobs?state=done",
        "jobs/summary",
        "ai",
        "ai/calls?limit=1",
        "overview",
        "integrity",
        "audit?limit=2",
        f"users/{uuid.uuid4()}",
        "audit?limit=none",
    ):
        call("GET", ADMIN + path, headers=headers)
    call("GET", f"{ADMIN}overview")
    assert call.succeeded == {name for _, _, name in of_admin(document)}
    assert len(audit()) == len(changes)


def test_the_answer_of_the_set_up_keeps_to_the_document(app: Flask, client: FlaskClient, document: Document) -> None:
    call = Checking(client, document)
    body = {"token": app.extensions["aizen"].settings.setup_token, "email": "first@example.org", "password": "quiet lake at dawn"}
    call("POST", "/api/v1/setup", json={**body, "token": "x"})
    call("POST", "/api/v1/setup", json=body)
    call("POST", "/api/v1/setup", json=body)
    assert call.succeeded == {"set_up"}
