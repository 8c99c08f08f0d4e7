"""POST /api/v1/images with a url: fetched, then taken in like any upload; and what is refused leaves nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import db
from aizen.images.intake import with_ending_of
from aizen.imaging import MEDIA_TYPES
from aizen.outgoing import Fetcher
from tests import pictures
from tests.conftest import Backend, People
from tests.images.conftest import NO_TRACE, URL, Traces, Upload, opened
from tests.services.origin import Origin, answer, moved

Send = Callable[..., TestResponse]


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as running:
        running.has("/cat.jpg", answer(pictures.jpeg()))
        yield running


@pytest.fixture
def reaching(origin: Origin) -> Fetcher:
    """Reaches the origin, also as pictures.test, and inside.test not."""
    known = {"pictures.test": ["127.0.0.1"], "inside.test": ["10.0.0.7"]}
    return Fetcher(
        seconds=5,
        ports=frozenset({origin.port}),
        may_reach=lambda address: str(address) == "127.0.0.1",
        resolve=lambda host, _port: known.get(host, []),
    )


@pytest.fixture
def reaching_client(app_with: Callable[..., Flask], reaching: Fetcher) -> FlaskClient:
    return app_with(fetcher=reaching).test_client()


@pytest.fixture
def send(reaching_client: FlaskClient, people: People) -> Send:
    def post(url: str, *, headers: dict[str, str] | None = None, through: FlaskClient | None = None, **fields: Any) -> TestResponse:
        sent = {**people.owner.headers, **(headers or {})}
        return (through or reaching_client).post(URL, headers=sent, json={"url": url, **fields})

    return post


def codes(told: TestResponse) -> tuple[int, str, set[tuple[str, str]]]:
    body = told.get_json()
    return told.status_code, body["code"], {(each["pointer"], each["code"]) for each in body.get("errors", [])}


@pytest.mark.every_backend
def test_an_image_is_fetched_and_taken_in_like_an_upload(
    reaching_client: FlaskClient, people: People, origin: Origin, send: Send, work: Callable[[], int], traces: Callable[[], Traces]
) -> None:
    data = pictures.jpeg(400, 300)
    origin.has("/a", moved("/b%2Fc/..%2F..%2Fca%CC%81t.jpg?x=1"))
    origin.has("/b%2Fc/..%2F..%2Fca%CC%81t.jpg", answer(data, content_type="text/html"))
    held: list[int] = []
    origin.meanwhile = lambda: held.append(_connections(reaching_client.application))
    made = send(origin.url("/a", host="pictures.test"), title="Cat", description="Two\nlines", alt="A cat", tags=["Pets", "cats"])
    assert made.status_code == 201, made.text
    work()
    image = reaching_client.get(made.headers["Location"], headers=people.owner.headers).get_json()
    assert (image["source"], image["file_name"], image["status"], image["bytes"]) == ("url", "cát.jpg", "ready", len(data))
    assert (image["title"], image["description"], image["alt"], image["tags"]) == ("Cat", "Two\nlines", "A cat", ["pets", "cats"])
    assert image["ai"]["status"] == "done"
    (listed,) = reaching_client.get(f"{URL}?source=url", headers=people.owner.headers).get_json()
    assert listed["id"] == image["id"]
    # No connection of the database was held while anybody outside was waited for, and no temporary file is left.
    assert held == [0, 0]
    assert traces().temporary_files == ()


NAMES = {
    "/photo": "photo.jpg",
    "/": "image.jpg",
    "/show.php": "show.php.jpg",
    "/v1.2": "v1.2.jpg",
    "/cat.png": "cat.jpg",
    "/CAT.JPEG": "CAT.JPEG",
    "/.png": "png.jpg",
    "/" + "a" * 300: "a" * 251 + ".jpg",
}


def test_what_is_there_already_is_answered_where_that_is_asked_for(send: Send, upload: Upload, origin: Origin) -> None:
    first = upload().get_json()
    answers = [send(origin.url("/cat.jpg"), on_duplicate=choice) for choice in ("return", "keep", "return")]
    assert [answer.status_code for answer in answers] == [200, 201, 200]
    assert [answer.get_json()["id"] == first["id"] for answer in answers] == [True, False, True]


def test_what_is_fetched_is_called_with_an_ending_that_says_what_it_is(send: Send, upload: Upload, origin: Origin) -> None:
    told = {}
    for path in NAMES:
        origin.has(path, answer(pictures.jpeg()))
        image = send(origin.url(path)).get_json()
        told[path] = image["file_name"]
        assert image["image"].partition("?")[0].lower().endswith((".jpg", ".jpeg"))
    assert told == NAMES
    # Every format that is taken has an ending.
    assert {with_ending_of(form, "a.exe") for form in MEDIA_TYPES} == {f"a.exe.{end}" for end in ("jpg", "png", "gif", "webp", "avif")}
    # What a person sends keeps the name that they gave it.
    assert upload(name="cat.png").get_json()["file_name"] == "cat.png"


def _connections(app: Flask) -> int:
    with app.app_context():
        return cast(int, cast(Any, db.engine.pool).checkedout())


def test_a_form_has_a_file_or_a_url(
    reaching_client: FlaskClient, upload: Upload, origin: Origin, people: People, traces: Callable[[], Traces]
) -> None:
    def post(**fields: Any) -> TestResponse:
        return reaching_client.post(URL, headers=people.owner.headers, data=fields, content_type="multipart/form-data")

    both_missing = {("/image", "required"), ("/url", "required")}
    assert codes(post(title="x")) == codes(post(url="")) == (422, "invalid", both_missing)
    both = upload(through=reaching_client, url=origin.url("/cat.jpg"))
    assert codes(both) == (422, "invalid", {("/image", "not_together"), ("/url", "not_together")})
    assert codes(post(url=[origin.url("/cat.jpg")] * 2)) == (422, "invalid", {("/url", "repeated")})
    assert (traces(), origin.requests) == (NO_TRACE, [])
    made = post(url=origin.url("/cat.jpg"), title="Cat", tags="a,b", describe="false")
    assert (made.status_code, made.get_json()["source"], made.get_json()["tags"]) == (201, "url", ["a", "b"])
    # A page's form sends the input that nobody has filled in, too.
    assert upload(through=reaching_client, url="").get_json()["source"] == "upload"
    assert upload(b"", "", through=reaching_client, url=origin.url("/cat.jpg")).get_json()["source"] == "url"


BAD_BODIES: list[tuple[Any, set[tuple[str, str]]]] = [
    ({}, {("/url", "required")}),
    ({"url": ""}, {("/url", "too_short")}),
    ({"url": None}, {("/url", "null")}),
    ({"url": ["http://pictures.test/"]}, {("/url", "wrong_type")}),
    ({"url": "http://pictures.test/" + "a" * 2048}, {("/url", "too_long")}),
    ({"url": "http://pictures.test/\0"}, {("/url", "nul_character")}),
    ({"url": "http://pictures.test/a", "image": "x", "title": "x" * 201}, {("/image", "unknown_field"), ("/title", "too_long")}),
    ({"url": "http://pictures.test/a", "tags": "a,b", "describe": 1}, {("/tags", "wrong_type"), ("/describe", "wrong_type")}),
    ({"url": "http://pictures.test/a", "visibility": "secret"}, {("/visibility", "not_a_choice")}),
]


def test_a_body_that_is_none_is_told_by_its_fields(
    reaching_client: FlaskClient, people: People, origin: Origin, traces: Callable[[], Traces]
) -> None:
    for body, expected in BAD_BODIES:
        told = reaching_client.post(URL, headers=people.owner.headers, json=body)
        assert codes(told) == (422, "invalid", expected), body
    assert (traces(), origin.requests) == (NO_TRACE, [])


UNKNOWN = (422, "address_unresolvable", {("/url", "address_unresolvable")})
NOT_ALLOWED = (422, "address_not_allowed", {("/url", "address_not_allowed")})
FAILED = (502, "fetch_failed", {("/url", "fetch_failed")})


def test_what_may_not_be_fetched_or_is_no_image_leaves_nothing(
    send: Send, origin: Origin, backend: Backend, traces: Callable[[], Traces]
) -> None:
    limit, port = backend.settings.max_image_size, origin.port
    origin.has("/to-loopback", moved(f"http://[::1]:{port}/cat.jpg"))
    origin.has("/to-metadata", moved("http://169.254.169.254/latest/meta-data/"))
    origin.has("/for-ever", moved("/for-ever"))
    origin.has("/endless", answer(length=None), endless=bytes(1024 * 1024))
    origin.has("/large", answer(length=limit + 1))
    origin.has("/short", answer(pictures.jpeg(), length=100_000))
    origin.has("/text", answer(b"hello there", content_type="image/jpeg"))
    origin.has("/nothing", answer(b""))
    origin.has("/half", answer(pictures.jpeg(600, 400)[:2000]))
    at = origin.url("")
    expected = {
        "file:///etc/passwd": NOT_ALLOWED,
        f"http://user:password@127.0.0.1:{port}/cat.jpg": NOT_ALLOWED,
        f"http://2130706433:{port}/cat.jpg": NOT_ALLOWED,
        f"http://0177.0.0.1:{port}/cat.jpg": NOT_ALLOWED,
        f"http://0x7f.1:{port}/cat.jpg": NOT_ALLOWED,
        f"http://[::ffff:127.0.0.1]:{port}/cat.jpg": NOT_ALLOWED,
        f"http://100.64.0.1:{port}/cat.jpg": NOT_ALLOWED,
        f"http://169.254.169.254:{port}/cat.jpg": NOT_ALLOWED,
        f"http://inside.test:{port}/cat.jpg": UNKNOWN,
        "http://127.0.0.1:22/cat.jpg": NOT_ALLOWED,
        f"{at}/to-loopback": NOT_ALLOWED,
        f"{at}/to-metadata": NOT_ALLOWED,
        f"http://nowhere.test:{port}/a": UNKNOWN,
        f"{at}/for-ever": (502, "too_many_redirects", {("/url", "too_many_redirects")}),
        f"{at}/missing": FAILED,
        f"{at}/short": FAILED,
        f"{at}/endless": (413, "file_too_large", set()),
        f"{at}/large": (413, "file_too_large", set()),
        f"{at}/text": (415, "unsupported_image_type", set()),
        f"{at}/nothing": (422, "empty_file", set()),
        f"{at}/half": (422, "unreadable_image", set()),
    }
    answers = {url: send(url) for url in expected}
    assert {url: codes(told) for url, told in answers.items()} == expected
    assert answers[f"{at}/endless"].get_json()["limit"] == limit
    assert "10.0.0.7" not in answers[f"http://inside.test:{port}/cat.jpg"].text
    assert "404" in answers[f"{at}/missing"].get_json()["detail"]
    assert traces() == NO_TRACE


def test_an_old_client_sends_files_alone(reaching_client: FlaskClient, people: People, origin: Origin) -> None:
    old, headers = "/api/images/upload/", people.owner.headers
    told = reaching_client.post(old, headers=headers, data={"url": origin.url("/cat.jpg")}, content_type="multipart/form-data")
    assert (told.status_code, told.get_json()["image"]) == (400, ["Missing data for required field."])
    assert reaching_client.post(old, headers=headers, json={"url": origin.url("/cat.jpg")}).status_code == 415
    assert origin.requests == []


def test_a_repeat_of_a_key_fetches_nothing_and_another_address_is_refused(send: Send, origin: Origin) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = send(origin.url("/cat.jpg"), headers=key)
    again = send(origin.url("/cat.jpg"), headers=key)
    assert (first.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.get_json()["id"] == first.get_json()["id"]
    assert codes(send(origin.url("/cat.jpg?other"), headers=key))[:2] == (422, "idempotency_key_reused")
    assert len(origin.requests) == 1


def test_it_counts_as_an_upload_in_the_quota_and_the_rate_limit(
    app_with: Callable[..., Flask], backend: Backend, reaching: Fetcher, send: Send, origin: Origin
) -> None:
    small = app_with(fetcher=reaching, settings=replace(backend.settings, storage_quota=len(pictures.jpeg()) - 1)).test_client()
    assert codes(send(origin.url("/cat.jpg"), through=small))[:2] == (413, "quota_exceeded")
    rare = app_with(fetcher=reaching, settings=replace(backend.settings, rate_limit_upload="1 per hour")).test_client()
    assert send("file:///", through=rare).status_code == 422
    assert send(origin.url("/cat.jpg"), through=rare).status_code == 429


def test_a_share_of_the_threads_fetches_and_the_others_are_told_when_to_come_back(
    reaching_client: FlaskClient, send: Send, origin: Origin, people: People, backend: Backend
) -> None:
    most = max(1, backend.settings.web_threads // 4)
    inside, go_on, answers = threading.Semaphore(0), threading.Event(), []

    def wait() -> None:
        inside.release()
        go_on.wait(10)

    origin.meanwhile = wait
    callers = [people.owner, *(people.named(f"reader-{number}") for number in range(1, most))]
    late = people.named("late")

    def fetch(headers: dict[str, str]) -> None:
        answers.append(send(origin.url("/cat.jpg"), headers=headers).status_code)

    threads = [threading.Thread(target=fetch, args=(caller.headers,)) for caller in callers]
    for thread in threads:
        thread.start()
    try:
        assert all(inside.acquire(timeout=5) for _ in range(most))
        busy = send(origin.url("/cat.jpg"), headers=late.headers)
        assert codes(busy)[:2] == (503, "fetches_busy")
        assert int(busy.headers["Retry-After"]) >= 1
        assert opened(reaching_client, URL, headers=people.owner.headers).status_code == 200
    finally:
        go_on.set()
        for thread in threads:
            thread.join()
    assert answers == [201] * most
    origin.meanwhile = lambda: None
    assert send(origin.url("/cat.jpg")).status_code == 201


def test_nobody_has_two_files_fetched_at_once(send: Send, origin: Origin, people: People) -> None:
    told: list[TestResponse] = []

    def try_another() -> None:
        origin.meanwhile = lambda: None
        told.append(send(origin.url("/cat.jpg")))

    origin.meanwhile = try_another
    assert send(origin.url("/cat.jpg")).status_code == 201
    assert codes(told[0])[:2] == (503, "fetches_busy")
    assert send(origin.url("/cat.jpg"), headers=people.stranger.headers).status_code == 201
