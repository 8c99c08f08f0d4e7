"""The OpenAPI document: valid, complete, and true of what the application really answers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from aizen.database import new_id
from aizen.web import openapi
from aizen.web.caller import PUBLIC, SCOPES
from tests import pictures
from tests.auth.resets import token_in
from tests.conftest import PASSWORD, People
from tests.images.conftest import opened
from tests.work.errands import Errands

METHODS = {"get", "post", "put", "patch", "delete"}
PROBLEM = "application/problem+json"
Document = dict[str, Any]


@pytest.fixture
def document(app: Flask) -> Document:
    with app.test_request_context():
        return openapi.document(app)


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method, path, operation


def content_of(response: Document, document: Document) -> dict[str, Document]:
    """The contents of a response, which may stand among the components."""
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    found: dict[str, Document] = response.get("content", {})
    return found


def assert_matches(value: Any, schema: Document, document: Document) -> None:
    whole = {**schema, "components": document["components"]}
    errors = [
        f"{error.json_path}: {error.message}" for error in OAS31Validator(whole, format_checker=oas31_format_checker).iter_errors(value)
    ]
    assert not errors, errors


# -- the document


def test_the_document_is_valid_openapi_3_1(document: Document) -> None:
    assert document["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_the_application_serves_its_document(client: FlaskClient, document: Document) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.get_json() == document


def test_every_operation_has_an_id_of_its_own_and_a_summary(document: Document) -> None:
    found = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(found) == len(set(found)) >= 13
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in found)
    assert all(operation["summary"].strip() for _, _, operation in operations(document))


def test_every_operation_has_examples_of_what_is_sent_and_answered(document: Document) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            for kind, content in content_of(response, document).items():
                if status.startswith("2") and kind == "application/json":
                    assert "example" in content, (method, path, status)
        sent = operation.get("requestBody", {}).get("content", {})
        for kind, content in sent.items():
            assert kind != "application/json" or "example" in content, (method, path)


def test_every_example_keeps_to_its_schema(document: Document) -> None:
    count = 0
    for _, _, operation in operations(document):
        contents = [content for response in operation["responses"].values() for content in content_of(response, document).values()]
        for content in [*contents, *operation.get("requestBody", {}).get("content", {}).values()]:
            if "example" in content:
                assert_matches(content["example"], content["schema"], document)
                count += 1
    assert count >= 10


def test_every_error_of_every_operation_is_problem_details(document: Document) -> None:
    for method, path, operation in operations(document):
        assert {"500", "503", "default"} <= set(operation["responses"]), (method, path)
        for status, response in operation["responses"].items():
            if status == "default" or status >= "4":
                assert list(content_of(response, document)) == [PROBLEM], (method, path, status)
                assert content_of(response, document)[PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_operation_says_whom_it_answers(app: Flask, document: Document) -> None:
    for method, path, operation in operations(document):
        assert "security" in operation, (method, path)
        if operation["security"]:
            assert operation["security"] == [{"bearer": []}]
            assert operation["x-scope"] in SCOPES
            assert operation["x-scope"] in operation["description"]
            assert {"401", "403"} <= set(operation["responses"]), (method, path)
            for other in operation.get("x-scope-instead", ()):
                assert other in SCOPES
                assert f"`{other}`" in operation["description"]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_what_is_asked_for_by_a_scope_is_followed_and_called_off_by_it(document: Document) -> None:
    found = {operation["operationId"]: operation for _, _, operation in operations(document) if "x-scope-instead" in operation}
    assert found.keys() == {"get_job", "delete_job"}
    assert all("transforms:run" in operation["x-scope-instead"] for operation in found.values())


def test_every_limited_operation_says_so(app: Flask, document: Document) -> None:
    limited = {operation["operationId"] for _, _, operation in operations(document) if "429" in operation["responses"]}
    assert limited == {
        "register_account",
        "log_in",
        "refresh_tokens",
        "log_out",
        "make_key",
        "upload_image",
        "describe_image",
        "transform_image",
        "generate_image",
        "remix_image",
        "retry_image",
        "make_link",
        "close_account",
        "replace_profile",
        "edit_profile",
        "verify_email",
        "resend_verification",
        "request_password_reset",
        "reset_password",
        "change_password",
        "set_up",
        "list_public_images",
    }


def test_every_route_declares_what_it_needs(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        needs = getattr(app.view_functions[rule.endpoint], "needs", None)
        assert needs == PUBLIC or needs in SCOPES, f"{rule.rule} does not say which scope it needs"


def test_every_route_of_the_api_is_documented(app: Flask, document: Document) -> None:
    documented = {(method.upper(), path) for method, path, _ in operations(document)}
    routes = {
        (method, re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }
    assert routes - documented == {("GET", "/api/v1/openapi.json")}
    assert documented <= routes


# -- the page


def test_the_page_comes_whole_from_us(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "http:" not in page.text
    assert "https:" not in page.text
    assert "//" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        found = opened(client, address)
        assert found.status_code == 200, address
        assert found.data


def test_the_page_reads_our_document(client: FlaskClient) -> None:
    script = client.get("/api/docs/start.js")
    assert script.mimetype == "text/javascript"
    assert '"/api/v1/openapi.json"' in script.text
    assert "http" not in script.text


@pytest.mark.parametrize("name", ["..%2f__init__.py", "../__init__.py", "nothing.js", "%00", "a%00b", ".", "index.html/..", "%2e%2e/x"])
def test_the_pages_files_are_its_own_alone(client: FlaskClient, name: str) -> None:
    assert client.get(f"/api/docs/assets/{name}").status_code == 404


# -- what the application really answers


class Checking:
    """A client that holds every answer against the document, and keeps which operation succeeded."""

    def __init__(self, client: FlaskClient, document: Document) -> None:
        self._client, self._document = client, document
        self.succeeded: set[str] = set()

    def __call__(self, method: str, address: str, **options: Any) -> TestResponse:
        answer = opened_with(self._client, method, address, **options)
        operation = self._operation(method, address.partition("?")[0])
        documented = operation["responses"]
        status = str(answer.status_code)
        assert status in documented or answer.status_code >= 400, f"{method} {address} answered {status}, which is not documented"
        contents = content_of(documented.get(status, documented["default"]), self._document)
        if answer.is_json:
            assert answer.mimetype in contents
            assert_matches(answer.get_json(), contents[answer.mimetype]["schema"], self._document)
        if answer.status_code < 400:
            self.succeeded.add(operation["operationId"])
        return answer

    def _operation(self, method: str, path: str) -> Document:
        # A path without parameters goes before one with them (OpenAPI 3.1, 4.8.8.2).
        for pattern, item in sorted(self._document["paths"].items(), key=lambda path: path[0].count("{")):
            if method.lower() in item and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", pattern), path):
                found: Document = item[method.lower()]
                return found
        raise AssertionError(f"{path} is not documented")


def opened_with(client: FlaskClient, method: str, address: str, **options: Any) -> TestResponse:
    answer = client.open(address, method=method, **options)
    answer.get_data()
    answer.close()
    return answer


@pytest.fixture
def call(client: FlaskClient, document: Document) -> Checking:
    return Checking(client, document)


def change_profile(call: Checking, headers: dict[str, str], people: People) -> None:
    profile = "/api/v1/auth/profile"
    tag = call("GET", profile, headers=headers).headers["ETag"]
    assert call("GET", profile, headers={**headers, "If-None-Match": tag}).status_code == 304
    call("PATCH", profile, headers={**headers, "If-Match": tag}, json={"first_name": "Ada"})
    call("PATCH", profile, headers={**headers, "If-Match": tag}, json={"first_name": "Ada"})
    call("PUT", profile, headers=headers, json={"username": "ada"})
    call("PUT", profile, headers=headers, json={"username": people.owner.username})
    call("PUT", profile, headers=headers, json={})
    call("DELETE", profile, headers=headers, json={"password": "another quiet lake"})


def call_emails(call: Checking, email: str, work: Callable[[], int], backend: Any) -> None:
    address = "/api/v1/auth/verify-email"
    call("POST", f"{address}/resend", json={"email": email})
    call("POST", f"{address}/resend", json={})
    work()
    token = backend.mailer.letters[-1].text.partition("/verify-email/")[2].split()[0]
    call("GET", f"{address}/{token}")
    call("GET", f"{address}/{token}x")


def call_passwords(call: Checking, email: str, work: Callable[[], int], backend: Any) -> None:
    """A new password by a link, and the former one again by a change."""
    address, between = "/api/v1/auth/password", "a slow train at noon"
    call("POST", f"{address}/reset/request", json={"email": email})
    call("POST", f"{address}/reset/request", json={"email": "x"})
    work()
    token = token_in(backend.mailer.to(email)[-1])
    call("POST", f"{address}/reset/confirm", json={"token": token, "password": "password"})
    call("POST", f"{address}/reset/confirm", json={"token": token, "password": between})
    call("POST", f"{address}/reset/confirm", json={"token": token, "password": between})
    tokens = call("POST", "/api/v1/auth/login", json={"email": email, "password": between}).get_json()
    headers = {"Authorization": f"Bearer {tokens['access']}"}
    call("POST", f"{address}/change", json={"current_password": PASSWORD, "password": PASSWORD}, headers=headers)
    call("POST", f"{address}/change", json={"current_password": between, "password": between}, headers=headers)
    call("POST", f"{address}/change", json={"current_password": between, "password": PASSWORD}, headers=headers)
    call("POST", f"{address}/change", json={"current_password": between, "password": PASSWORD})


def test_the_answers_of_every_operation_keep_to_the_document(
    call: Checking, document: Document, people: People, work: Callable[[], int], backend: Any
) -> None:
    account = {"email": "new@example.org", "password": PASSWORD}
    joined = call("POST", "/api/v1/auth/register", json=account).get_json()
    call("POST", "/api/v1/auth/register", json=account)
    call("POST", "/api/v1/auth/register", json={"email": "x"})
    call_emails(call, account["email"], work, backend)
    call_passwords(call, people.stranger.email, work, backend)
    tokens = call("POST", "/api/v1/auth/login", json=account).get_json()
    call("POST", "/api/v1/auth/login", json={**account, "password": "another quiet lake"})
    fresh = call("POST", "/api/v1/auth/token/refresh", json={"refresh": tokens["refresh"]}).get_json()
    call("POST", "/api/v1/auth/token/refresh", json={"refresh": "x"})
    headers = {"Authorization": f"Bearer {joined['tokens']['access']}"}
    call("GET", "/api/v1/user/info", headers=headers)
    call("GET", "/api/v1/user/info")
    change_profile(call, headers, people)
    images = "/api/v1/images"
    own = call("POST", images, headers=headers, data={"image": (io.BytesIO(pictures.jpeg(400, 300)), "a.jpg"), "tags": "x"}).headers[
        "Location"
    ]
    call("POST", images, headers=headers, data={"image": (io.BytesIO(pictures.jpeg(400, 300)), "a.jpg")})
    call("POST", images, headers=headers, data={"image": (io.BytesIO(b"text"), "a.jpg")})
    call("POST", images, headers=headers, data=b"{}", content_type="application/json")
    for suffix in ("", "/status"):
        call("GET", own + suffix, headers=headers)
    for stored in list(backend.adapters.storage.objects()):
        backend.adapters.storage.delete(stored.key)
    work()
    call("GET", f"{own}/status", headers=headers)
    call("POST", f"{own}/retry", headers=headers)
    call("POST", f"{own}/retry", headers=headers)
    own = call("POST", images, headers=headers, data={"image": (io.BytesIO(pictures.png(400, 300)), "a.png")}).headers["Location"]
    _duplicates(call, own, headers, people.owner.headers, work)
    for address in (own, f"{own}/status", f"{own}/file", f"{own}/variants/w160.webp"):
        tag = call("GET", address, headers=headers).headers["ETag"]
        assert call("GET", address, headers={**headers, "If-None-Match": tag}).status_code == 304
        call("GET", address, headers=people.owner.headers)
    assert call("GET", f"{own}/file", headers={**headers, "Range": "bytes=0-9"}).status_code == 206
    assert call("GET", f"{own}/file", headers={**headers, "Range": "bytes=99999999-"}).status_code == 416
    for asked in ("", "?limit=1", "?limit=none", "?cursor=none"):
        call("GET", images + asked, headers=headers)
    found = call("GET", f"{images}?search=scripted+tag:scripted&tag=scripted&sort=uploaded_at&visibility=private", headers=headers)
    assert found.get_json()[0]["matched"]["field"] == "ai.tags"
    call("GET", f"{images}?search=is:lost", headers=headers)
    _edit(call, own, headers)
    call("POST", f"{own}/describe", headers=headers)
    work()
    _transform(call, own, headers)
    _sign(call, own, headers)
    _generate(call, own, headers)
    work()
    _remove(call, own, headers)
    _jobs(call, headers, joined["user"]["id"], backend.app)
    _sessions_and_keys(call, headers)
    _leave(call, account, headers, refresh=fresh["refresh"])
    # Those of administrators are called in tests/admin/test_every_operation.py.
    others = ("/api/v1/admin/", "/api/v1/setup")
    assert call.succeeded == {operation["operationId"] for _, path, operation in operations(document) if not path.startswith(others)}


def _duplicates(call: Checking, own: str, headers: dict[str, str], strangers: dict[str, str], work: Callable[[], int]) -> None:
    """The picture that is at ``own`` comes again, and what looks like it is asked for."""

    def upload(**fields: str) -> TestResponse:
        sent = {"image": (io.BytesIO(pictures.png(400, 300)), "a.png"), **fields}
        return call("POST", "/api/v1/images", headers=headers, data=sent)

    assert [upload().status_code, upload(on_duplicate="return").status_code] == [201, 200]
    assert call("GET", f"{own}/similar", headers=headers).status_code == 409
    work()
    assert len(call("GET", f"{own}/similar", headers=headers).get_json()) == 1
    call("GET", f"{own}/similar", headers=strangers)
    call("GET", f"{own}/similar?distance=x", headers=headers)


def _edit(call: Checking, own: str, headers: dict[str, str]) -> None:
    call("PATCH", own, headers=headers, json={"title": "Two", "alt_status": "approved", "focal_point": {"x": 0.2, "y": 1}})
    call("PATCH", own, headers=headers, json={"alt": "One", "alt_status": "missing"})
    call("PATCH", own, headers={**headers, "If-Match": '"0-0"'}, json={"title": "Three"})
    _share(call, own, headers)


def _share(call: Checking, own: str, headers: dict[str, str]) -> None:
    gallery = "/api/v1/images/public"
    assert call("POST", f"{own}/share", headers=headers).status_code == 200
    call("POST", f"{own}/share", headers=headers, json={"is_public": True, "visibility": "private"})
    for address in (gallery, f"{gallery}/{own.rpartition('/')[2]}"):
        tag = call("GET", address).headers["ETag"]
        assert call("GET", address, headers={"If-None-Match": tag}).status_code == 304
    call("GET", f"{gallery}?search=is:public")
    call("PATCH", f"{own}/share", headers={**headers, "If-Match": '"0-0"'}, json={"visibility": "unlisted"})
    call("PATCH", f"{own}/share", headers=headers, json={"is_public": False})
    call("GET", f"{gallery}/{own.rpartition('/')[2]}")


def _transform(call: Checking, own: str, headers: dict[str, str]) -> None:
    tag = call("GET", "/api/v1/capabilities").headers["ETag"]
    assert call("GET", "/api/v1/capabilities", headers={"If-None-Match": tag}).status_code == 304
    bodies: dict[int, dict[str, Any]] = {
        200: {"preset": "thumb"},
        201: {"recipe": "w=80", "save": True},
        202: {"transformations": {"rotate": 90}, "mode": "async"},
        422: {"steps": [{"op": "crop", "x": 9999}]},
    }
    for status, body in bodies.items():
        assert call("POST", f"{own}/transform", headers=headers, json=body).status_code == status
    picture = call("POST", f"{own}/transform", headers={**headers, "Accept": "image/png"}, json={"recipe": "w=80"})
    assert picture.content_type == "image/png"
    call("POST", f"{own}x/transform", headers=headers, json={})


def _sign(call: Checking, own: str, headers: dict[str, str]) -> None:
    asked: dict[str, Any] = {"ids": [own.rpartition("/")[2]], "recipes": ["w=80", "t=thumb"], "format": "webp", "expires_in": 600}
    assert len(call("POST", "/api/v1/images/sign", headers=headers, json=asked).get_json()) == 2
    call("POST", "/api/v1/images/sign", headers=headers, json={**asked, "recipes": ["w=none"]})
    for kind in ("html", "markdown", "url", "pdf"):
        call("GET", f"{own}/embed?as={kind}", headers=headers)
    _links(call, own, headers)


def _links(call: Checking, own: str, headers: dict[str, str]) -> None:
    made = call("POST", f"{own}/links", headers=headers, json={"password": "1234", "max_views": 1})
    call("POST", f"{own}/links", headers=headers, json={"max_views": 0})
    call("GET", f"{own}/links?limit=1", headers=headers)
    call("GET", f"{own}/links?cursor=x", headers=headers)
    call("GET", made.headers["Location"], headers=headers)
    call("DELETE", made.headers["Location"], headers=headers)
    call("DELETE", made.headers["Location"], headers=headers)


def _generate(call: Checking, own: str, headers: dict[str, str]) -> None:
    made = call("POST", "/api/v1/generate", headers=headers, json={"prompt": "a quiet river", "width": 320}).get_json()
    call("GET", made["links"]["self"], headers=headers)
    call("GET", made["links"]["status"], headers=headers)
    call("POST", "/api/v1/generate", headers=headers, json={"prompt": ""})
    call("POST", f"{made['links']['self']}/remix", headers=headers, json={"seed": 7})
    call("POST", f"{own}/remix", headers=headers, json={})


def _batch(call: Checking, own: str, headers: dict[str, str]) -> None:
    ids = [own.rpartition("/")[2], str(new_id())]
    for members in ({"action": "tag", "tags": ["x"]}, {"action": "transform", "recipe": "w=20"}, {"action": "trash", "dry_run": True}):
        assert call("POST", "/api/v1/images/batch", headers=headers, json={"ids": ids, **members}).status_code == 200
    assert call("POST", "/api/v1/images/batch", headers=headers, json={"ids": ids, "action": "tag"}).status_code == 422


def _remove(call: Checking, own: str, headers: dict[str, str]) -> None:
    _batch(call, own, headers)
    for verb in ("trash", "restore", "trash"):
        call("POST", f"{own}/{verb}", headers={**headers, "If-Match": '"0-0"'})
        assert call("POST", f"{own}/{verb}", headers=headers).status_code == 200
    call("PATCH", own, headers=headers, json={"visibility": "unlisted"})
    call("POST", f"{own}/describe", headers=headers)
    call("GET", "/api/v1/images?trashed=true", headers=headers)
    call("DELETE", own, headers={**headers, "If-Match": '"0-0"'})
    call("DELETE", own, headers=headers)
    call("DELETE", own, headers=headers)


def _jobs(call: Checking, headers: dict[str, str], owner_id: str, app: Flask) -> None:
    job = f"/api/v1/jobs/{Errands(app).ask_for(owner_id, image_id=new_id())}"
    tag = call("GET", job, headers=headers).headers["ETag"]
    assert call("GET", job, headers={**headers, "If-None-Match": tag}).status_code == 304
    call("DELETE", job, headers=headers)
    call("DELETE", job, headers=headers)
    call("GET", job, headers=headers)


def _leave(call: Checking, account: dict[str, str], headers: dict[str, str], *, refresh: str) -> None:
    call("POST", "/api/v1/auth/logout", json={"refresh": refresh})
    call("POST", "/api/v1/auth/logout-all", headers=headers)
    again = call("POST", "/api/v1/auth/login", json=account).get_json()
    headers = {"Authorization": f"Bearer {again['access']}"}
    call("DELETE", "/api/v1/auth/profile", headers=headers, json={"password": account["password"]})


def _sessions_and_keys(call: Checking, headers: dict[str, str]) -> None:
    keys, sessions = "/api/v1/auth/keys", "/api/v1/auth/sessions"
    made = call("POST", keys, headers=headers, json={"name": "Mine", "scopes": ["images:read"], "expires_in": 60})
    call("POST", keys, headers=headers, json={"name": "", "scopes": ["everything"]})
    call("GET", "/api/v1/images", headers={"Authorization": f"Bearer {made.get_json()['key']}"})
    call("GET", "/api/v1/user/info", headers={"Authorization": f"Bearer {made.get_json()['key']}"})
    call("POST", keys, headers=headers, json={"name": "For ever", "scopes": ["images:read"]})
    call("GET", f"{keys}?limit=1", headers=headers)
    call("GET", f"{keys}?cursor=x", headers=headers)
    call("DELETE", made.headers["Location"], headers=headers)
    call("DELETE", made.headers["Location"], headers=headers)
    browser = {"Aizen-Session": "cookie"}
    account = {"email": "browser@example.org", "password": PASSWORD}
    call("POST", "/api/v1/auth/register", json=account, headers=browser)
    call("POST", "/api/v1/auth/login", json=account, headers={"Aizen-Session": "body"})
    call("POST", "/api/v1/auth/token/refresh", headers=browser)
    call("POST", "/api/v1/auth/logout", headers=browser)
    found = call("GET", sessions, headers=headers).get_json()
    other = next(each["id"] for each in found if not each["is_current"])
    call("DELETE", f"{sessions}/{other}", headers=headers)
    call("DELETE", f"{sessions}/{other}", headers=headers)


def test_the_document_is_made_once_by_an_application_that_has_long_been_answering(
    make_app: Callable[..., Flask], document: Document
) -> None:
    app = make_app()
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    # Most processes never need it, and all would pay for it.
    assert "flask-smorest" not in app.extensions
    first, second = (client.get("/api/v1/openapi.json").get_json() for _ in range(2))
    assert first == second == document


def test_addresses_of_routes_can_be_written_though_that_is_compiled_late(make_app: Callable[..., Flask]) -> None:
    app, image = make_app(), new_id()
    with app.test_request_context():
        for _ in range(2):
            assert url_for("images.get_image", image_id=image) == f"/api/v1/images/{image}"
            assert url_for("images.get_image", image_id=image, view="a b") == f"/api/v1/images/{image}?view=a+b"
            assert url_for("documents.openapi_page_asset", name="a b.js") == "/api/docs/assets/a%20b.js"
