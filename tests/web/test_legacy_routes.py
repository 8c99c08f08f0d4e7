"""The documented addresses of the systems that Aizen replaces answer, each as its clients know it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.errors import FieldError
from aizen.web import openapi, problems
from aizen.web.legacy_routes import OLD_ADDRESSES, PREFIX, OldAddress
from tests import pictures
from tests.auth.resets import asked_for
from tests.conftest import PASSWORD, Backend, People, Person
from tests.web.test_problems import assert_problem

ROOT = Path(__file__).resolve().parents[2]
ROWS = [(method, row) for row in OLD_ADDRESSES for method in row.methods]
NAMES = [f"{method} {row.path}" for method, row in ROWS]
SOME_ID = UUID(int=7)
IMAGE = {"id", "image", "title", "description", "uploaded_at", "status", "is_public"}
PROFILE = {"id", "email", "username", "first_name", "last_name", "date_joined"}
GRACE = {"email": "grace@example.org", "password": PASSWORD}
Client = Callable[..., FlaskClient]


def as_form(**fields: Any) -> dict[str, Any]:
    """The multipart body of an upload."""
    return {"image": (io.BytesIO(pictures.jpeg()), "blue.jpg"), **fields}


# -- the table, row by row


@dataclass(frozen=True)
class Documented:
    """What the documentation of the older systems says of an operation: what is sent, and what comes back."""

    status: int
    sends: Callable[[Person], dict[str, Any]] = lambda owner: {"headers": owner.headers}
    answers: set[str] = field(default_factory=set)
    inside: dict[str, set[str]] = field(default_factory=dict)
    is_list: bool = False


def form(owner: Person) -> dict[str, Any]:
    return {"headers": owner.headers, "data": as_form(title="Blue", description="A plain one")}


def sent_back(owner: Person) -> dict[str, Any]:
    """A profile as those clients send it: what was read, with other names, and a field of their own."""
    return {"id": owner.id, "email": owner.email, "username": "grace", "first_name": "Grace", "last_name": "Hopper", "bio": ""}


NEW = "a slow train at noon"
OF_A_LETTER = "the token of a letter that was asked for"
OPERATIONS = {
    "POST /auth/register": Documented(
        201,
        lambda _: {"json": {**GRACE, "password2": PASSWORD, "username": "grace", "first_name": "Grace"}},
        {"user", "tokens"},
        {"user": {"id", "email", "username", "date_joined"}, "tokens": {"refresh", "access"}},
    ),
    "POST /auth/login": Documented(200, lambda owner: {"json": {"email": owner.email, "password": PASSWORD}}, {"refresh", "access"}),
    "POST /auth/token/refresh": Documented(200, lambda owner: {"json": {"refresh": owner.refresh}}, {"access"}),
    "POST /auth/logout": Documented(200, lambda owner: {"json": {"refresh_token": owner.refresh}}),
    "GET /auth/verify-email/<token>": Documented(200, answers={"email", "email_verified"}),
    "POST /auth/password/reset/request": Documented(202, lambda owner: {"json": {"email": owner.email}}),
    "POST /auth/password/reset/confirm": Documented(200, lambda _: {"json": {"token": OF_A_LETTER, "password": NEW, "password2": NEW}}),
    "GET /user/info": Documented(200, answers={"id", "email", "username", "date_joined"}),
    "GET /auth/profile": Documented(200, answers=PROFILE),
    "PUT /auth/profile": Documented(200, lambda owner: {"headers": owner.headers, "json": sent_back(owner)}, PROFILE),
    "POST /images": Documented(201, form, IMAGE),
    "GET /images": Documented(200, answers=IMAGE, is_list=True),
    "GET /images/public": Documented(200, lambda _: {}, IMAGE, {"user": {"username"}}, is_list=True),
    "POST /images/<id>/share": Documented(200, answers=IMAGE),
    "PATCH /images/<id>/share": Documented(200, lambda owner: {"headers": owner.headers, "json": {"is_public": False}}, IMAGE),
    "GET /images/<id>/status": Documented(200, answers={"id", "status"}),
    "GET /images/<id>": Documented(200, answers=IMAGE, inside={"user": {"id", "email", "username", "date_joined"}}),
    "DELETE /images/<id>": Documented(204),
    "POST /generate": Documented(202, lambda owner: {"headers": owner.headers, "json": {"prompt": "a quiet river"}}, IMAGE),
}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("method", "row"), ROWS, ids=NAMES)
def test_a_documented_address_answers_as_documented(
    client: FlaskClient, people: People, work: Callable[[], int], backend: Backend, method: str, row: OldAddress, slash: str
) -> None:
    wants, mailer = OPERATIONS[f"{method} {row.canonical}"], backend.mailer
    image_id = client.post(f"{PREFIX}/images", headers=people.owner.headers, data=as_form()).get_json()["id"]
    path = row.path.rstrip("/").replace("<id>", image_id) + slash
    if "<token>" in path:
        client.post(f"{PREFIX}/auth/verify-email/resend", json={"email": people.owner.email})
        work()
        (letter,) = mailer.to(people.owner.email)
        path = path.replace("<token>", re.findall(r"verify-email/(\S+)", letter.text)[0])
    if row.canonical == "/images/public":
        work()
        client.post(f"{PREFIX}/images/{image_id}/share", headers=people.owner.headers)
    sent = wants.sends(people.owner)
    if sent.get("json", {}).get("token") == OF_A_LETTER:
        sent["json"]["token"] = asked_for(backend, work, people.owner.email)
    answer = client.open(path, method=method, **sent)
    assert answer.status_code == wants.status, answer.text
    if wants.status == 204:
        assert client.get(f"{PREFIX}/images/{image_id}", headers=people.owner.headers).status_code == 404
        return
    body = answer.get_json()[0] if wants.is_list else answer.get_json()
    assert set(body) >= wants.answers
    for name, members in wants.inside.items():
        assert set(body[name]) >= members


@pytest.mark.parametrize(("method", "row"), ROWS, ids=NAMES)
def test_every_row_leads_to_a_route_that_there_is(app: Flask, method: str, row: OldAddress) -> None:
    routes = {(name, re.sub(r"<uuid:\w+>", "<id>", rule.rule)) for rule in app.url_map.iter_rules() for name in rule.methods or ()}
    assert (method, PREFIX + row.canonical) in routes


def test_the_page_for_operators_has_the_same_table() -> None:
    page = (ROOT / "docs" / "old-clients.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| ([A-Z, ]+) \| `([^`]+)` \| `([^`]+)` \|$", page, re.MULTILINE)
    assert found == [(", ".join(row.methods), row.path, PREFIX + row.canonical) for row in OLD_ADDRESSES]


def test_the_document_of_the_api_knows_none_of_it(app: Flask) -> None:
    with app.test_request_context():
        document = openapi.document(app)
    assert all(path.startswith(f"{PREFIX}/") for path in document["paths"])
    told = json.dumps(document)
    assert not [word for word in ("OldLogout", "OldUpload", "OldList", '"refresh_token"', '"name": "page"') if word in told]


# -- what is answered, and what is not


LOOK_ALIKE = (
    "/api/auth/register//",
    "/api/auth/registers/",
    "/api/auth",
    "/api/auth/token/",
    "/auth/token/refresh",
    "/auth/logout",
    "/signup",
    "/token/",
    "/API/images/",
    "/api/v2/images/",
    "/images/my-images",
    "/api/images/my-images/7/",
    "/api/images/7/",
    "/api/images/status/",
    "/api/images/status/7/",
    "/api/images/7/delete/",
    f"/api/images/{SOME_ID}/deleted/",
    f"/api/images/public/{SOME_ID}/",
    "/api/images/public/share/",
    "/images/public",
    f"/api/images/{SOME_ID}/status/",
    f"/api/images/{SOME_ID}/file",
    f"/images/{SOME_ID}",
    "/api/images/upload%0A",
    "/api/api/images/",
    "/x/api/images/",
)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_merely_looks_alike_is_404(client: FlaskClient, people: People, method: str) -> None:
    for path in LOOK_ALIKE:
        answer = client.open(path, method=method, headers=people.owner.headers)
        assert answer.status_code == 404, path
        assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/auth/login/", {"OPTIONS", "POST"}),
        ("GET", "/api/images/upload/", {"OPTIONS", "POST"}),
        ("POST", "/api/images/", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/images", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", f"/api/images/{SOME_ID}/", {"DELETE", "GET", "HEAD", "OPTIONS"}),
        ("GET", f"/api/images/{SOME_ID}/delete/", {"DELETE", "OPTIONS"}),
        ("POST", "/api/images/public/", {"GET", "HEAD", "OPTIONS"}),
        ("GET", f"/api/images/{SOME_ID}/share/", {"OPTIONS", "PATCH", "POST"}),
        ("BREW", "/api/user/info/", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_another_method_is_405_with_those_of_the_old_address(client: FlaskClient, method: str, path: str, allowed: set[str]) -> None:
    answer = client.open(path, method=method)
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.get_json()["instance"] == path
    assert set(answer.headers["Allow"].split(", ")) == allowed == set(answer.get_json()["allowed"])


def test_head_is_answered_like_get_without_a_body(client: FlaskClient, people: People) -> None:
    answer = client.head("/api/user/info/", headers=people.owner.headers)
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 100


def test_options_tells_the_methods_of_the_old_address(client: FlaskClient) -> None:
    answer = client.options("/api/images/upload/")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (200, {"OPTIONS", "POST"})


def test_a_page_of_a_known_origin_may_call_the_old_addresses(client_with: Client, people: People) -> None:
    client = client_with(cors_origins=("https://app.example.org",))
    for path, method in (("/api/images/upload/", "POST"), (f"/api/images/{SOME_ID}/delete/", "DELETE")):
        asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization"}
        before = client.options(path, headers={"Origin": "https://app.example.org", **asked})
        assert before.status_code == 200
        assert before.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
        assert method in before.headers["Access-Control-Allow-Methods"]
        assert "authorization" in before.headers["Access-Control-Allow-Headers"].lower()
    answer = client.get("/api/images/", headers={**people.owner.headers, "Origin": "https://app.example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"


def test_an_unknown_host_is_refused_there_too(client: FlaskClient) -> None:
    for method in ("GET", "OPTIONS", "PUT"):
        assert_problem(client.open("/api/images/", method=method, headers={"Host": "evil.example"}), 400, "unknown_host")


def test_what_belongs_to_another_is_404_there_too(client: FlaskClient, people: People) -> None:
    image_id = client.post(f"{PREFIX}/images", headers=people.owner.headers, data=as_form()).get_json()["id"]
    for method, path in (("GET", ""), ("DELETE", ""), ("DELETE", "delete/")):
        answer = client.open(f"/api/images/{image_id}/{path}", method=method, headers=people.stranger.headers)
        assert_problem(answer, 404, "not_found")
    assert_problem(client.get(f"/api/images/{image_id}/"), 401, "not_authenticated")


def test_the_log_says_that_an_old_address_was_asked_for(
    client: FlaskClient, people: People, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    headers, image_id = people.owner.headers, uuid4()
    capsys.readouterr()
    client.get(f"/api/images/{image_id}/?page=quiet", headers=headers)
    client.get("/images/upload")
    client.get(f"{PREFIX}/images", headers=headers)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [
        (line["url"]["path"], line["aizen"].get("old_address"), line["http"]["response"]["status_code"])
        for line in lines
        if line["message"] == "request"
    ]
    assert told == [
        (f"/api/images/{image_id}/", "/api/images/<id>/", 404),
        ("/images/upload", "/images/upload", 405),
        (f"{PREFIX}/images", None, 200),
    ]


# -- errors


def refused(answer: TestResponse, code: str) -> dict[str, Any]:
    assert_problem(answer, 400, code)
    body: dict[str, Any] = answer.get_json()
    return body


def test_a_field_that_cannot_be_accepted_is_400_with_its_messages(client: FlaskClient) -> None:
    body = refused(client.post("/api/auth/register/", json={"email": "nonsense"}), "invalid")
    assert body["email"] == ["Must be an e-mail address."]
    assert body["password"] == ["Missing data for required field."]
    assert body["detail"] == "Some fields cannot be accepted."
    assert {each["pointer"] for each in body["errors"]} == {"/email", "/password"}
    assert body["instance"] == "/api/auth/register/"
    canonical = client.post(f"{PREFIX}/auth/register", json={"email": "nonsense"})
    assert canonical.status_code == 422
    assert "email" not in canonical.get_json()


def test_a_password_that_may_not_be_chosen_and_two_that_differ_are_400(client: FlaskClient) -> None:
    body = refused(client.post("/api/register/", json={**GRACE, "password": "password1"}), "invalid")
    assert len(body["password"]) == 1
    body = refused(client.post("/api/register/", json={**GRACE, "password2": "another one at noon"}), "invalid")
    assert body["password2"] == ["The two passwords differ."]


def test_a_field_that_is_taken_is_400(client: FlaskClient, people: People) -> None:
    sent = {"email": people.owner.email, "password": PASSWORD}
    assert refused(client.post("/api/auth/signup/", json=sent), "taken")["email"] == ["There is an account with this e-mail address."]
    sent = {**GRACE, "username": people.owner.username}
    assert refused(client.post("/auth/register", json=sent), "taken")["username"] == ["This username is taken."]
    assert client.post(f"{PREFIX}/auth/register", json=sent).status_code == 409


def test_messages_stand_below_the_field_that_holds_them_and_never_take_a_members_place() -> None:
    pointers = ("/tags/0", "/tags/1/name", "/title", "", "/a~1b~0c", "/status")
    told = problems.messages_by_field([FieldError(pointer, "invalid", f"About {pointer}.") for pointer in pointers])
    assert told == {
        "tags": ["About /tags/0.", "About /tags/1/name."],
        "non_field_errors": ["title: About /title.", "About .", "status: About /status."],
        "a/b~c": ["About /a~1b~0c."],
    }


def test_every_member_that_a_problem_ever_has_is_kept_from_fields(client: FlaskClient) -> None:
    assert set(openapi.ProblemSchema().fields) == problems.MEMBERS


def test_other_refusals_keep_their_status(client: FlaskClient, people: People) -> None:
    login = {"email": people.owner.email, "password": "a wrong guess"}
    assert_problem(client.post("/api/token/", json=login), 401, "bad_credentials")
    assert_problem(client.post("/api/auth/login/", data="email=a"), 415, "json_expected")
    assert_problem(client.post("/api/auth/login/", data="{", content_type="application/json"), 400, "malformed_json")
    assert_problem(client.post("/api/images/upload/", json={}, headers=people.owner.headers), 415, "multipart_expected")


# -- fields that are not known


def test_unknown_fields_are_left_unread_and_set_nothing(client: FlaskClient, people: People) -> None:
    more = {"role": "admin", "is_staff": True, "is_superuser": True, "id": str(uuid4()), "first_name": "Grace", "email_verified": True}
    answer = client.post("/api/auth/register/", json={**GRACE, **more})
    assert answer.status_code == 201
    user = answer.get_json()["user"]
    assert (user["role"], user["email_verified"], user["first_name"]) == ("user", False, "")
    assert user["id"] != more["id"]
    assert client.post("/api/auth/login/", json={**GRACE, "remember_me": True}).status_code == 200
    assert client.get("/api/images/?ordering=title&format=json", headers=people.owner.headers).status_code == 200
    for path, sent in (("register", {**GRACE, **more}), ("login", {**GRACE, "remember_me": True})):
        assert client.post(f"{PREFIX}/auth/{path}", json=sent).status_code == 422


# -- throttles


def test_failures_at_an_old_and_at_the_canonical_address_count_together(client_with: Client, people: People) -> None:
    client = client_with(rate_limit_login="3 per minute")
    wrong = {"email": people.owner.email, "password": "a wrong guess"}
    paths = ["/api/auth/login/", f"{PREFIX}/auth/login", "/api/token/", "/auth/login", f"{PREFIX}/auth/login"]
    answers = [client.post(path, json=wrong) for path in paths]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert "Retry-After" in answers[3].headers


@pytest.mark.parametrize(
    ("setting", "path", "canonical", "status"),
    [
        ("rate_limit_register", "/api/auth/signup/", "/auth/register", 201),
        ("rate_limit_refresh", "/api/auth/token/refresh/", "/auth/token/refresh", 401),
        ("rate_limit_refresh", "/api/auth/logout/", "/auth/logout", 401),
    ],
)
def test_an_old_address_uses_up_the_limit_of_the_canonical_one(
    client_with: Client, setting: str, path: str, canonical: str, status: int
) -> None:
    client = client_with(**{setting: "1 per minute"})
    sent = GRACE if status == 201 else {"refresh": "x"}
    assert client.post(path, json=sent).status_code == status
    assert client.post(PREFIX + canonical, json=sent).status_code == 429


def test_a_form_is_taken_where_json_is(client: FlaskClient, people: People) -> None:
    account = {"email": people.owner.email, "password": people.owner.password}
    signed_in = client.post("/api/auth/login/", data=account)
    assert signed_in.status_code == 200, signed_in.text
    tokens = signed_in.get_json()
    parts = {"refresh_token": tokens["refresh"]}
    assert client.post("/api/auth/logout/", data=parts, content_type="multipart/form-data").status_code == 200
    assert client.get("/api/user/info/", headers={"Authorization": f"Bearer {tokens['access']}"}).status_code == 401
    wrong = client.post("/api/register/", data={"email": "nobody"})
    assert (wrong.status_code, set(wrong.get_json()) & {"email", "password"}) == (400, {"email", "password"})
    assert_problem(client.post(f"{PREFIX}/auth/login", data=account), 415, "json_expected")
