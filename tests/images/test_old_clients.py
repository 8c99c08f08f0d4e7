"""Uploads, lists and states at the old addresses, as the clients of older systems read them."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import pictures
from tests.conftest import People
from tests.images.conftest import URL, Upload

every_backend = pytest.mark.every_backend
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LISTS = ("/api/images/", "/images", "/api/images/my-images/")
Shelve = Callable[..., str]


@pytest.fixture
def send(client: FlaskClient, people: People) -> Callable[..., TestResponse]:
    """Uploads at an old address as the owner, with these form fields."""

    def upload(data: bytes | None = None, *, through: FlaskClient | None = None, **fields: Any) -> TestResponse:
        file = (io.BytesIO(pictures.jpeg() if data is None else data), "blue.jpg")
        return (through or client).post("/api/images/upload/", headers=people.owner.headers, data={"image": file, **fields})

    return upload


def ids(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [image["id"] for image in answer.get_json()]


# -- uploads


def test_an_upload_answers_the_image_and_where_the_client_finds_it(
    client: FlaskClient, people: People, send: Callable[..., TestResponse]
) -> None:
    answer = send(title="Blue", description="A plain one")
    image = answer.get_json()
    assert (answer.status_code, image["title"], image["description"]) == (201, "Blue", "A plain one")
    assert answer.headers["Location"] == f"/api/images/{image['id']}/"
    assert client.get(answer.headers["Location"], headers=people.owner.headers).get_json() == image


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"no picture at all", "unsupported_image_type"), (b"", "empty_file"), (pictures.jpeg(600, 400)[:2000], "unreadable_image")],
    ids=["text", "empty", "cut off"],
)
def test_a_file_that_is_no_picture_is_a_field_with_a_wrong_value(send: Callable[..., TestResponse], data: bytes, code: str) -> None:
    answer = send(data)
    body = answer.get_json()
    assert (answer.status_code, body["status"], body["code"]) == (400, 400, code)
    assert body["image"] == [body["detail"]]
    assert body["errors"][0]["pointer"] == "/image"


def test_a_file_that_is_too_large_stays_413(make_app: Callable[..., Flask], send: Callable[..., TestResponse]) -> None:
    answer = send(pictures.jpeg_of_bytes(5001), through=make_app(max_image_size=5000).test_client())
    assert (answer.status_code, answer.get_json()["code"]) == (413, "file_too_large")


def test_a_missing_file_and_a_title_that_is_too_long_are_told_by_field(client: FlaskClient, people: People, send: Any) -> None:
    missing = client.post("/images/upload", headers=people.owner.headers, data={"title": "Blue"}, content_type="multipart/form-data")
    assert (missing.status_code, missing.get_json()["image"]) == (400, ["Missing data for required field."])
    body = send(title="x" * 201).get_json()
    assert body["title"] == "Bad Request"
    assert body["non_field_errors"] == ["title: Must have at most 200 characters."]
    assert body["errors"][0]["pointer"] == "/title"


@pytest.mark.parametrize("word", ["false", "False", "0", "off"])
def test_fields_that_nobody_knows_are_left_unread(send: Callable[..., TestResponse], word: str) -> None:
    answer = send(is_public=word, category="landscape", user=str(uuid.uuid4()), status="READY")
    assert answer.status_code == 201, answer.text
    assert (answer.get_json()["is_public"], answer.get_json()["status"]) == (False, "PROCESSING")


def test_an_image_is_as_public_as_its_upload_says_and_nobody_is_left_in_another_belief(
    client: FlaskClient, people: People, send: Callable[..., TestResponse]
) -> None:
    said: tuple[tuple[dict[str, str], str], ...] = (
        ({"is_public": "True"}, "public"),
        ({"is_public": "on", "visibility": "public"}, "public"),
        ({"is_public": "false", "visibility": "unlisted"}, "unlisted"),
        ({"visibility": "public"}, "public"),
        ({}, "private"),
    )
    for fields, visibility in said:
        answer = send(**fields)
        assert (answer.status_code, answer.get_json()["visibility"]) == (201, visibility), fields
    refused = ({"is_public": "maybe"}, {"is_public": "true", "visibility": "private"}, {"is_public": "false", "visibility": "public"})
    for fields in refused:
        answer = send(**fields)
        assert (answer.status_code, len(answer.get_json()["is_public"])) == (400, 1), fields
    assert len(ids(client.get("/images", headers=people.owner.headers))) == len(said)


def test_a_second_file_is_refused_rather_than_lost(client: FlaskClient, people: People) -> None:
    files = {"image": (io.BytesIO(pictures.jpeg()), "a.jpg"), "thumbnail": (io.BytesIO(pictures.jpeg()), "b.jpg")}
    answer = client.post("/api/images/upload/", headers=people.owner.headers, data=files)
    assert (answer.status_code, answer.get_json()["thumbnail"]) == (400, ["Unknown field."])


# -- the state


@every_backend
def test_the_state_is_spelled_in_upper_case_at_the_old_addresses_only(
    client: FlaskClient, people: People, send: Callable[..., TestResponse], work: Callable[[], int]
) -> None:
    image_id = send().get_json()["id"]
    headers = people.owner.headers

    def states(prefix: str, status: str) -> list[str]:
        one = client.get(f"{prefix}/{image_id}", headers=headers).get_json()
        (of_list,) = client.get(prefix, headers=headers).get_json()
        progress = client.get(status, headers=headers).get_json()
        return [one["status"], of_list["status"], progress["status"]]

    for is_done, word in ((False, "processing"), (True, "ready")):
        if is_done:
            work()
        assert states("/api/images", f"/api/images/status/{image_id}/") == [word.upper()] * 3
        assert states(URL, f"{URL}/{image_id}/status") == [word] * 3


def test_the_filter_takes_either_spelling(client: FlaskClient, people: People, shelve: Shelve) -> None:
    made = {state: shelve(people.owner, at=NOON, status=state) for state in ("generating", "processing", "ready", "failed")}
    for state, image_id in made.items():
        for word in (state, state.upper()):
            assert ids(client.get(f"/api/images/?status={word}", headers=people.owner.headers)) == [image_id]
    assert client.get("/api/images/?status=DONE", headers=people.owner.headers).status_code == 400
    assert client.get(f"{URL}?status=READY", headers=people.owner.headers).status_code == 422


def test_a_state_that_has_not_changed_is_304(client: FlaskClient, people: People, send: Callable[..., TestResponse]) -> None:
    address = f"/api/images/status/{send().get_json()['id']}/"
    etag = client.get(address, headers=people.owner.headers).headers["ETag"]
    assert client.get(address, headers={**people.owner.headers, "If-None-Match": etag}).status_code == 304


# -- lists


@pytest.mark.parametrize("address", LISTS)
def test_the_list_is_whole_where_a_canonical_one_ends(client: FlaskClient, people: People, shelve: Shelve, address: str) -> None:
    made = [shelve(people.owner, at=NOON + timedelta(minutes=number)) for number in range(30)]
    answer = client.get(address, headers=people.owner.headers)
    assert ids(answer) == made[::-1]
    assert "Link" not in answer.headers
    assert len(ids(client.get(URL, headers=people.owner.headers))) == 24


@every_backend
def test_the_pages_by_number_hold_each_image_once(client: FlaskClient, people: People, shelve: Shelve) -> None:
    made = [shelve(people.owner, at=NOON + timedelta(minutes=number)) for number in range(7)][::-1]

    def page(number: int) -> TestResponse:
        return client.get(f"/api/images/?page={number}&limit=3", headers=people.owner.headers)

    assert [ids(page(number)) for number in (1, 2, 3)] == [made[:3], made[3:6], made[6:]]
    beyond = page(4)
    assert (beyond.status_code, beyond.get_json()["code"], beyond.get_json()["detail"]) == (404, "invalid_page", "Invalid page.")


@pytest.mark.parametrize("address", LISTS)
def test_the_link_leads_on_where_the_client_is_at_home(client: FlaskClient, people: People, shelve: Shelve, address: str) -> None:
    made = [shelve(people.owner, at=NOON + timedelta(minutes=number), status="failed") for number in range(6)][::-1]
    seen: list[str] = []
    following: str | None = f"{address}?page=1&limit=2&status=FAILED"
    while following:
        assert following.startswith(f"{address}?")
        answer = client.get(following, headers=people.owner.headers)
        assert {image["status"] for image in answer.get_json()} == {"FAILED"}
        seen += ids(answer)
        found = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        following = found[1] if found else None
    assert seen == made


def test_a_link_from_a_later_page_leads_to_the_one_after_it(client: FlaskClient, people: People, shelve: Shelve) -> None:
    made = [shelve(people.owner, at=NOON + timedelta(minutes=number)) for number in range(5)][::-1]
    second = client.get("/api/images/?page=2&limit=2", headers=people.owner.headers)
    link = re.findall(r"<([^>]+)>", second.headers["Link"])[0]
    assert ids(client.get(link, headers=people.owner.headers)) == made[4:]


def test_the_first_page_of_nothing_is_empty_and_the_second_is_not_there(client: FlaskClient, people: People) -> None:
    assert ids(client.get("/api/images/?page=1", headers=people.owner.headers)) == []
    assert client.get("/api/images/?page=2", headers=people.owner.headers).status_code == 404


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=last", "page=", "page=2&cursor=x", "page=1000001", "limit=1001", "limit=0"])
def test_what_is_no_page_is_400(client: FlaskClient, people: People, query: str) -> None:
    answer = client.get(f"/api/images/?{query}", headers=people.owner.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid")
    assert {"page", "non_field_errors"} & set(answer.get_json())


def test_a_page_by_number_is_unknown_under_v1(client: FlaskClient, people: People) -> None:
    for query in ("page=1", "limit=1000"):
        assert client.get(f"{URL}?{query}", headers=people.owner.headers).status_code == 422


def test_an_image_taken_by_the_canonical_address_is_there_too(client: FlaskClient, people: People, upload: Upload) -> None:
    image = upload().get_json()
    assert ids(client.get("/images", headers=people.owner.headers)) == [image["id"]]
    deleted = client.delete(f"/api/images/{image['id']}/delete/", headers=people.owner.headers)
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert ids(client.get("/images", headers=people.owner.headers)) == []


def test_a_search_is_paged_by_a_hundred_and_by_number_within_bounds(
    client: FlaskClient, people: People, send: Callable[..., TestResponse]
) -> None:
    for number in range(3):
        assert send(title=f"lake {number}").status_code == 201

    def titles(query: str) -> list[str]:
        answer = client.get(f"/api/images/?search=lake&{query}", headers=people.owner.headers)
        return [image["title"] for image in answer.get_json()]

    assert titles("") == titles("page=1") == ["lake 2", "lake 1", "lake 0"]
    assert titles("page=2&limit=2") == ["lake 0"]
    refused = client.get("/api/images/?search=lake&page=12", headers=people.owner.headers)
    assert (refused.status_code, list(refused.get_json()["page"])) == (
        400,
        ["A search leads past its first 1000 images by its Link header only."],
    )
