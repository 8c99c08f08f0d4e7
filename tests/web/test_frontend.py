"""The page: at its own addresses, its files, what it may load, and what is said where there is nothing, or no page."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import db
from aizen.storage import open_storage
from aizen.web import frontend
from tests.conftest import Backend, People
from tests.images.conftest import opened
from tests.page import BROTLI, INDEX, SCRIPT, build_in

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"}
OWN = (
    *("/", "/setup", "/sign-in", "/register", "/verify-email", "/forgot-password", "/reset-password", "/trash", "/generate"),
    *("/library", "/library/", "/library/3f2b8a52-5c0f-4f5c-9f6e-0d4c1c1e7a11", "/explore", "/account", "/account/keys", "/admin"),
    "/admin/users/5",
)
OF_PROGRAMS = (
    *("/assets/gone-1a2b.js", "/assets/", "/assets/../index.html", "/api", "/api/v1/nothing", "/api/docs/nothing", "/media", "/i", "/s"),
    *("/i/x", "/auth", "/auth/nothing", "/images/nothing", "/healthz/x", "/readyz/x", "/metrics", "/assets", "/assets%2fx"),
)
SCRIPT_ADDRESS = "/assets/index-BxY1.js"
ELSEWHERE = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; manifest-src 'self';"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return build_in(tmp_path / "static")


@pytest.fixture
def app_with_page(make_app: Callable[..., Flask], build: Path) -> Flask:
    return make_app(page=build)


@pytest.fixture
def visitor(app_with_page: Flask) -> FlaskClient:
    return app_with_page.test_client()


def is_problem(answer: TestResponse, status: int = 404) -> bool:
    return (answer.status_code, answer.mimetype) == (status, "application/problem+json")


# -- the page


@pytest.mark.parametrize("address", OWN)
def test_the_page_is_at_each_of_its_addresses(visitor: FlaskClient, address: str) -> None:
    answer = visitor.get(address, headers=BROWSER)
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/html", INDEX)
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-cache", "Accept-Encoding, Accept")
    head = visitor.head(address, headers=BROWSER)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(INDEX.encode())))
    # Whoever makes a preview of an address names no type.
    assert visitor.get(address).text == visitor.get(address, headers={"Accept": "*/*"}).text == INDEX


def test_a_browser_is_told_at_once_which_files_a_screen_needs(client: FlaskClient) -> None:
    for address in (each.replace("*", "3f2b8a52-5c0f-4f5c-9f6e-0d4c1c1e7a11") for each in frontend.SCREENS):
        if address.startswith("/explore/"):  # where there is no picture, nothing is told
            continue
        answer = client.get(address, headers=BROWSER)
        named = re.findall(r"<(/assets/[^>]+)>; rel=(modulepreload|preload; as=style; crossorigin)(?:, |$)", answer.headers["Link"])
        assert named[0][0] in answer.text
        assert {path.endswith(".js"): kind for path, kind in named} == {True: "modulepreload", False: "preload; as=style; crossorigin"}
        assert {client.get(path, buffered=True).status_code for path, _ in named} == {200}
    for address in ("/", "/account/keys", "/nowhere"):
        assert "Link" not in client.get(address, headers=BROWSER).headers


@pytest.mark.parametrize("address", ["/", "/setup", "/library", "/library/x", "/explore"])
@pytest.mark.parametrize("accept", ["application/json", "application/json, text/plain, */*", "image/webp,image/*"])
def test_a_program_is_told_that_there_is_nothing_for_it(visitor: FlaskClient, address: str, accept: str) -> None:
    assert is_problem(visitor.get(address, headers={"Accept": accept}))


@pytest.mark.parametrize(
    "address", ["/nowhere", "/libraryx", "/sign-in/x", "/index.html", "/sources.sha256", "/index.html.br", "/explore/x"]
)
def test_an_address_where_nothing_is_shows_the_page_as_404(visitor: FlaskClient, address: str) -> None:
    answer = visitor.get(address, headers=BROWSER)
    assert (answer.status_code, answer.mimetype, answer.text) == (404, "text/html", INDEX)
    assert answer.headers["Content-Security-Policy"].startswith(ELSEWHERE)
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        assert is_problem(visitor.get(address, headers=headers))
    # An unchanged page is no reason to say that something is there.
    assert visitor.get(address, headers={**BROWSER, "If-None-Match": answer.headers["ETag"]}).status_code == 404


@pytest.mark.parametrize("address", OF_PROGRAMS)
def test_below_the_addresses_of_programs_nothing_is_the_pages(visitor: FlaskClient, address: str) -> None:
    answer = visitor.get(address, headers=BROWSER)
    assert is_problem(answer), (answer.status_code, answer.text)


def test_what_is_asked_of_programs_addresses_is_answered_as_ever(visitor: FlaskClient, people: People) -> None:
    assert is_problem(visitor.get("/images", headers=BROWSER), 401)
    assert visitor.get("/images", headers={**BROWSER, **people.owner.headers}).get_json() == []
    assert is_problem(visitor.get("/auth/login", headers=BROWSER), 405)
    assert is_problem(visitor.get("/api/v1/auth/login", headers=BROWSER), 405)
    assert visitor.get("/healthz", headers=BROWSER).get_json() == {"status": "ok"}
    assert "There is no such link" in visitor.get("/s/nothing", headers=BROWSER).text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_page_only_shows_itself(visitor: FlaskClient, method: str) -> None:
    assert is_problem(visitor.open("/library", method=method, headers=BROWSER), 405)
    assert is_problem(visitor.open("/nowhere", method=method, headers=BROWSER))


def test_an_unknown_host_gets_no_page(visitor: FlaskClient) -> None:
    for address in ("/", "/library", "/nowhere", SCRIPT_ADDRESS, "/favicon.svg"):
        assert is_problem(visitor.get(address, headers={**BROWSER, "Host": "evil.example"}), 400)


def test_the_page_is_sent_again_only_when_it_has_changed(visitor: FlaskClient, build: Path, make_app: Callable[..., Flask]) -> None:
    first = visitor.get("/library", headers=BROWSER)
    again = visitor.get("/account", headers={**BROWSER, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", "no-cache")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    (build / "index.html").write_text(INDEX.replace("BxY1", "N3w0"), encoding="utf-8")
    newer = make_app(page=build).test_client().get("/library", headers={**BROWSER, "If-None-Match": first.headers["ETag"]})
    assert (newer.status_code, "N3w0" in newer.text) == (200, True)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("identity", None), ("zstd", None), (None, None)],
)
@pytest.mark.parametrize(("address", "name", "text"), [("/", "index.html", INDEX), (SCRIPT_ADDRESS, SCRIPT_ADDRESS[1:], SCRIPT)])
def test_texts_are_sent_compressed_to_who_reads_it(
    visitor: FlaskClient, accepted: str | None, encoding: str | None, address: str, name: str, text: str
) -> None:
    answer = opened(visitor, address, headers={**BROWSER, **({"Accept-Encoding": accepted} if accepted else {})})
    bodies = {"br": BROTLI + name.encode(), "gzip": gzip.compress(text.encode(), mtime=0), None: text.encode()}
    assert (answer.headers.get("Content-Encoding"), answer.data) == (encoding, bodies[encoding])
    assert "Accept-Encoding" in answer.headers["Vary"]
    tags = {opened(visitor, "/", headers={**BROWSER, "Accept-Encoding": each}).headers["ETag"] for each in ("br", "gzip", "identity")}
    assert len(tags) == 3


# -- what it may load


def test_the_page_runs_its_own_scripts_alone_and_tells_no_address(visitor: FlaskClient, backend: Backend) -> None:
    headers = visitor.get("/", headers=BROWSER).headers
    own = backend.settings.base_url
    assert headers["Content-Security-Policy"] == (
        f"{ELSEWHERE} img-src 'self' data: blob: {own}; connect-src 'self' {own};"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("changes", "origin"),
    [
        ({"s3_region": "eu-central-1"}, "https://pictures.s3.eu-central-1.amazonaws.com"),
        ({"s3_region": "eu-central-1", "s3_addressing_style": "path"}, "https://s3.eu-central-1.amazonaws.com"),
        ({"aws_s3_endpoint_url": "http://store.test:9000"}, "http://store.test:9000"),
        ({"aws_s3_endpoint_url": "https://store.test", "s3_addressing_style": "virtual"}, "https://pictures.store.test"),
        ({"aws_s3_endpoint_url": "http://store:9000", "s3_public_endpoint_url": "https://objects.test"}, "https://objects.test"),
        ({"aws_s3_endpoint_url": "http://store.test", "cdn_base_url": "https://cdn.test/x"}, "https://cdn.test http://store.test"),
    ],
)
def test_the_page_may_show_and_fetch_pictures_from_where_they_are_redirected_to(
    backend: Backend, build: Path, changes: dict[str, Any], origin: str
) -> None:
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret"}
    settings = replace(backend.settings, storage="s3", s3_bucket_name="pictures", **{"s3_addressing_style": "auto", **keys, **changes})
    policy = frontend.Build(build, replace(backend.adapters, settings=settings, storage=open_storage(settings))).policy()
    assert f"; img-src 'self' data: blob: {settings.base_url} {origin};" in policy
    assert f"; connect-src 'self' {settings.base_url} {origin};" in policy
    assert f"{ELSEWHERE} " in policy


def test_no_page_asks_the_database(app_with_page: Flask, visitor: FlaskClient) -> None:
    asked: list[str] = []
    with app_with_page.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    for address in ("/", "/library/x", "/explore", "/explore/x", "/nowhere", SCRIPT_ADDRESS):
        opened(visitor, address, headers=BROWSER)
    assert asked == []


def test_the_set_up_link_leads_to_the_page_and_programs_see_whether_it_is_over(visitor: FlaskClient, people: People) -> None:
    assert visitor.get("/setup").status_code == 200
    assert people.admin
    answer = visitor.get("/setup", headers=BROWSER)
    assert (answer.status_code, answer.text) == (410, INDEX)


# -- its files


def test_what_is_named_after_its_content_is_kept_for_ever(visitor: FlaskClient) -> None:
    answer = opened(visitor, SCRIPT_ADDRESS)
    assert (answer.status_code, answer.text) == (200, SCRIPT)
    assert (answer.mimetype, answer.mimetype_params) == ("text/javascript", {"charset": "utf-8"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-Id"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert opened(visitor, "/assets/index-C0lr.css").mimetype == "text/css"
    again = opened(visitor, SCRIPT_ADDRESS, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = opened(visitor, SCRIPT_ADDRESS, method="HEAD")
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(SCRIPT)))


def test_what_is_not_named_so_is_kept_for_an_hour(visitor: FlaskClient) -> None:
    answer = opened(visitor, "/favicon.svg")
    assert (answer.mimetype, answer.text, answer.headers["Cache-Control"]) == ("image/svg+xml", "<svg/>", "max-age=3600, public")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", ["../index.html", "%2e%2e/index.html", "index-BxY1.js.br", "index-BxY1.js/", "%00", "..%2f..%2fapp.py"])
def test_the_files_are_those_of_the_build_alone(visitor: FlaskClient, name: str) -> None:
    assert is_problem(visitor.get(f"/assets/{name}", headers=BROWSER))


# -- no page


@pytest.mark.parametrize("folder", ["nothing", "empty"])
def test_without_a_build_the_page_says_how_to_make_one_and_the_api_is_unhurt(
    make_app: Callable[..., Flask], tmp_path: Path, folder: str
) -> None:
    (tmp_path / "empty").mkdir()
    client = make_app(page=tmp_path / folder).test_client()
    for address in ("/", "/setup", "/library", "/library/x"):
        answer = client.get(address, headers=BROWSER)
        assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (503, "text/html", "no-store")
        assert "make frontend" in answer.text
        assert 'href="/api/docs"' in answer.text
        assert is_problem(client.get(address, headers={"Accept": "application/json"}))
    assert is_problem(client.get("/nowhere", headers=BROWSER))
    assert is_problem(client.get(SCRIPT_ADDRESS, headers=BROWSER))
    assert client.get("/api/docs", headers=BROWSER).status_code == 200
