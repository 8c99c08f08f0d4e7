"""Every error is problem details (RFC 9457), and tells nothing of our inside."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import ProgrammingError
from werkzeug.test import TestResponse

from aizen import errors
from aizen.database import db, transaction
from aizen.settings import Settings
from aizen.web import conventions, problems
from tests.conftest import SECRET, People

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id"}


def assert_problem(answer: TestResponse, status: int, code: str) -> None:
    """The answer is whole problem details of that status and code, and no cache keeps it."""
    assert answer.content_type == "application/problem+json"
    assert (answer.status_code, answer.get_json()["status"], answer.get_json()["code"]) == (status, status, code)
    assert set(answer.get_json()) >= MEMBERS
    assert answer.get_json()["type"] == "about:blank"
    assert answer.get_json()["request_id"] == answer.headers["X-Request-Id"]
    assert answer.get_json()["detail"].endswith(".")
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_unknown_address_is_404(client: FlaskClient) -> None:
    for address in ("/nowhere", "/api/v1/nowhere", "/api/v2/images", "/api", "/api/", "/%00", "/\N{SNOWMAN}"):
        answer = client.get(address)
        assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("PUT", "/api/v1/images", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "/healthz", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/api/v1/auth/login", {"OPTIONS", "POST"}),
        ("BREW", "/api/v1/images", {"GET", "HEAD", "OPTIONS", "POST"}),
    ],
)
def test_a_method_that_is_not_answered_is_405_with_those_that_are(
    client: FlaskClient, method: str, address: str, allowed: set[str]
) -> None:
    answer = client.open(address, method=method)
    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert answer.get_json()["allowed"] == sorted(allowed)


def test_a_body_that_is_too_large_is_413_with_the_limit(client: FlaskClient) -> None:
    answer = client.post("/api/v1/auth/login", data=b"{" + b" " * 3_000_000, content_type="application/json")
    assert_problem(answer, 413, "body_too_large")
    assert answer.get_json()["limit"] == 2 * 1024 * 1024


def test_a_body_of_another_type_is_415_with_what_is_taken(client: FlaskClient) -> None:
    answer = client.post("/api/v1/auth/login", data=b"<login/>", content_type="application/xml")
    assert_problem(answer, 415, "json_expected")
    assert answer.get_json()["allowed"] == ["application/json"]


def test_nobody_signed_in_is_401_with_the_scheme(client: FlaskClient) -> None:
    answer = client.get("/api/v1/images")
    assert_problem(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="aizen"'


def test_a_wrong_token_is_401_and_said_to_be_one(client: FlaskClient) -> None:
    answer = client.get("/api/v1/images", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="aizen", error="invalid_token"'


def test_invalid_fields_are_422_with_pointers(client: FlaskClient) -> None:
    answer = client.post("/api/v1/auth/register", json={"email": "nonsense", "colour": "red"})
    assert_problem(answer, 422, "invalid")
    assert {(each["pointer"], each["code"]) for each in answer.get_json()["errors"]} == {
        ("/email", "not_an_email"),
        ("/password", "required"),
        ("/colour", "unknown_field"),
    }
    assert all(set(each) <= {"pointer", "code", "detail", "allowed"} for each in answer.get_json()["errors"])


def test_an_upload_that_is_refused_keeps_the_members_of_a_problem(client: FlaskClient, people: People) -> None:
    answer = client.post("/api/v1/images", headers=people.owner.headers, data={"image": (io.BytesIO(b"text"), "a.jpg")})
    assert_problem(answer, 415, "unsupported_image_type")
    assert answer.get_json()["allowed"] == ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"]


# -- a small application that breaks on purpose


def broken(error: BaseException) -> FlaskClient:
    """An application whose one route raises ``error``."""
    app = Flask("broken")
    problems.register(app)
    conventions.register(app, Settings(secret_key=SECRET))

    @app.get("/breaks")
    def breaks() -> NoReturn:
        raise error

    return app.test_client()


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("/srv/secret/path and a password"),
        ProgrammingError("SELECT secret FROM users", {}, Exception("psycopg says")),
        KeyError("secret"),
        UnicodeEncodeError("utf-8", "secret", 0, 1, "surrogates not allowed"),
        errors.AizenError("Something of ours without a status."),
    ],
)
def test_an_accident_is_500_and_tells_nothing_of_itself(error: BaseException) -> None:
    answer = broken(error).get("/breaks")
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json()["request_id"] == answer.headers["X-Request-Id"]
    for word in ("secret", "SELECT", "psycopg", type(error).__name__, "Traceback", "/srv"):
        assert word not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


KINDS: list[tuple[errors.AizenError, int]] = [
    (errors.Malformed(), 400),
    (errors.Unauthenticated(), 401),
    (errors.NotAllowed(), 403),
    (errors.ScopeMissing("images:write"), 403),
    (errors.WrongPassword(), 403),
    (errors.NotFound(), 404),
    (errors.Conflict(), 409),
    (errors.Expired(), 410),
    (errors.Stale(), 412),
    (errors.TooLarge(limit=5), 413),
    (errors.QuotaExceeded(limit=5, used=4), 413),
    (errors.UnsupportedMedia(), 415),
    (errors.Invalid(), 422),
    (errors.Unreadable(), 422),
    (errors.Infeasible(), 422),
    (errors.TooMany(retry_after=7), 429),
    (errors.Unavailable(retry_after=3), 503),
    (errors.OutOfSpace(), 507),
    (errors.OutsideFailure(), 502),
    (errors.TryAgain(retry_after=2.2), 502),
    (errors.Final(), 502),
]


@pytest.mark.parametrize(("error", "status"), KINDS, ids=lambda value: type(value).__name__)
def test_each_kind_of_error_has_its_status(error: errors.AizenError, status: int) -> None:
    assert_problem(broken(error).get("/breaks"), status, error.code)


def test_every_kind_of_error_stands_in_the_table() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.AizenError)}
    assert {type(error) for error, _ in KINDS} == kinds - {errors.AizenError}


@pytest.mark.parametrize(
    ("error", "seconds"), [(errors.TooMany(retry_after=7), "7"), (errors.Unavailable(), "5"), (errors.TryAgain(retry_after=2.2), "3")]
)
def test_whoever_should_come_back_is_told_when(error: errors.AizenError, seconds: str) -> None:
    assert broken(error).get("/breaks").headers["Retry-After"] == seconds


@pytest.mark.parametrize("status", [400, 404, 405, 406, 408, 411, 413, 414, 415, 416, 417, 428, 431, 500, 501, 502, 503])
def test_the_frameworks_own_errors_are_problems_too(status: int) -> None:
    app = Flask("aborting")
    problems.register(app)
    conventions.register(app, Settings(secret_key=SECRET))
    app.add_url_rule("/aborts", view_func=lambda: abort(status), endpoint="aborts")
    answer = app.test_client().get("/aborts")
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["status"] == answer.status_code == status
    assert answer.get_json()["code"] != ""


def test_a_field_tells_what_is_allowed_only_where_something_is() -> None:
    fields = [errors.FieldError("/a", "x", "X."), errors.FieldError("/b", "y", "Y.", ["1", "2"])]
    answer = broken(errors.Invalid(errors=fields)).get("/breaks")
    assert answer.get_json()["errors"] == [
        {"pointer": "/a", "code": "x", "detail": "X."},
        {"pointer": "/b", "code": "y", "detail": "Y.", "allowed": ["1", "2"]},
    ]


def test_a_database_that_is_away_is_503_with_retry_after(make_app: Callable[..., Flask], people: People) -> None:
    nowhere: dict[str, Any] = {"database_url": "postgresql+psycopg://nobody@127.0.0.1:1/nothing", "database_connect_seconds": 1}
    answer = make_app(**nowhere).test_client().get("/api/v1/images", headers=people.owner.headers)
    assert_problem(answer, 503, "database_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_transaction_that_was_undone_for_another_is_503_and_worth_an_immediate_repeat(app: Flask, code: str) -> None:
    undone = sa.text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")
    with app.app_context(), pytest.raises(errors.Unavailable) as caught, transaction():
        db.session.execute(undone)
    answer = broken(caught.value).get("/breaks")
    assert_problem(answer, 503, "database_conflict")
    assert answer.headers["Retry-After"] == "1"
