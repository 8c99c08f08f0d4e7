"""GET /api/v1/images/{id}/file and /variants/{name}: the bytes to their owner, from either storage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from tests import pictures
from tests.conftest import Backend, People
from tests.images.conftest import opened

every_backend = pytest.mark.every_backend
Ready = Callable[..., dict[str, Any]]
DATA = pictures.jpeg(200, 150)
LENGTH = len(DATA)


@every_backend
def test_the_owner_opens_a_file_with_its_type_and_name(client: FlaskClient, people: People, ready: Ready, backend: Backend) -> None:
    image, headers = ready(DATA, "Mont Blanc – été.jpg"), people.owner.headers
    variant = next(each for each in image["variants"] if each["name"] == "w160.webp")
    of_file = "image/jpeg", "Mont Blanc – été.jpg", LENGTH
    of_variant = "image/webp", "Mont Blanc – été-w160.webp", variant["bytes"]
    assert_opens(client, backend, image["links"]["file"], headers, *of_file)
    assert_opens(client, backend, f"{image['links']['self']}/variants/w160.webp", headers, *of_variant)
    assert_opens(client, backend, image["image"], {}, *of_file)
    assert_opens(client, backend, variant["url"], {}, *of_variant)


def assert_opens(
    client: FlaskClient, backend: Backend, address: str, headers: dict[str, str], media_type: str, name: str, size: int
) -> None:
    answer = opened(client, address, headers=headers)
    if backend.name.endswith("s3"):
        assert answer.status_code == 302
        assert answer.headers["Cache-Control"] == "private, no-store"
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert 0 < int(query["X-Amz-Expires"][0]) <= 60
        found = requests.get(answer.headers["Location"], timeout=10)
        status, found_headers, body = found.status_code, found.headers, found.content
    else:
        status, found_headers, body = answer.status_code, answer.headers, answer.data  # type: ignore[assignment]
    assert status == 200, address
    assert found_headers["Content-Type"] == media_type
    assert found_headers["Content-Disposition"].startswith("inline; ")
    assert found_headers["Content-Disposition"].endswith(f"filename*=UTF-8''{quote(name)}")
    assert len(body) == size
    if media_type == "image/jpeg":
        assert body == DATA


@every_backend
def test_nothing_opens_without_its_signature(client: FlaskClient, people: People, ready: Ready, backend: Backend) -> None:
    image = ready(DATA)
    assert client.get(urlsplit(image["image"]).path).status_code == 403
    if backend.name.endswith("s3"):
        address = opened(client, image["links"]["file"], headers=people.owner.headers).headers["Location"].partition("?")[0]
        for closed in (address, address.partition("/images/")[0]):
            assert 400 <= requests.get(closed, timeout=10).status_code < 500


def test_the_answer_is_safe_and_cached_privately(client: FlaskClient, people: People, ready: Ready) -> None:
    headers = opened(client, ready(DATA)["links"]["file"], headers=people.owner.headers).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, max-age=60"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Length"] == str(LENGTH)
    assert headers["ETag"]


# What is asked for, and the first and the last byte that come.
RANGES = {
    "bytes=0-99": (0, 99),
    "bytes=100-": (100, LENGTH - 1),
    "bytes=-50": (LENGTH - 50, LENGTH - 1),
    f"bytes=10-{LENGTH * 2}": (10, LENGTH - 1),
}


def test_a_range_is_206(client: FlaskClient, people: People, ready: Ready) -> None:
    address = ready(DATA)["links"]["file"]
    for asked, (begin, end) in RANGES.items():
        answer = opened(client, address, headers={**people.owner.headers, "Range": asked})
        assert answer.status_code == 206, asked
        assert answer.data == DATA[begin : end + 1], asked
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end}/{LENGTH}"
        assert answer.headers["Content-Length"] == str(end + 1 - begin)
        assert answer.headers["Content-Type"] == "image/jpeg"


def test_a_range_beyond_the_end_is_416_with_the_length(client: FlaskClient, people: People, ready: Ready) -> None:
    address = ready(DATA)["links"]["file"]
    for asked in (f"bytes={LENGTH}-", "bytes=99999999-", "bytes=50-10"):
        answer = opened(client, address, headers={**people.owner.headers, "Range": asked})
        assert (answer.status_code, answer.get_json()["code"]) == (416, "range_not_satisfiable"), asked
        assert answer.headers["Content-Range"] == f"bytes */{LENGTH}"


def test_a_range_of_another_version_gets_the_whole_file(client: FlaskClient, people: People, ready: Ready) -> None:
    address = ready(DATA)["links"]["file"]
    tag = opened(client, address, headers=people.owner.headers).headers["ETag"]
    same = opened(client, address, headers={**people.owner.headers, "Range": "bytes=0-9", "If-Range": tag})
    other = opened(client, address, headers={**people.owner.headers, "Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, other.status_code, other.data) == (206, 200, DATA)


def test_head_answers_the_headers_alone(client: FlaskClient, people: People, ready: Ready) -> None:
    answer = opened(client, ready(DATA)["links"]["file"], headers=people.owner.headers, method="HEAD")
    assert (answer.status_code, answer.data, answer.headers["Content-Length"]) == (200, b"", str(LENGTH))


def test_a_file_that_is_known_is_304(client: FlaskClient, people: People, ready: Ready) -> None:
    address = ready(DATA)["links"]["file"]
    tag = opened(client, address, headers=people.owner.headers).headers["ETag"]
    answer = opened(client, address, headers={**people.owner.headers, "If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")


@every_backend
def test_a_stranger_gets_404(client: FlaskClient, people: People, ready: Ready) -> None:
    image = ready(DATA)["links"]["self"]
    for suffix in ("file", "variants/w160.webp"):
        answer = client.get(f"{image}/{suffix}", headers=people.stranger.headers)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found"), suffix


NO_VARIANTS = ("w161.webp", "m1024.jpeg", "m200.jpeg", "%00", "w160.webp%00", "..%2F..", "%ED%A0%80", "é", "x" * 3000)


@every_backend
def test_a_variant_that_is_none_is_404(client: FlaskClient, people: People, ready: Ready) -> None:
    image = ready(DATA)["links"]["self"]
    for name in NO_VARIANTS:
        answer = client.get(f"{image}/variants/{name}", headers=people.owner.headers)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json"), name


def test_a_file_that_the_storage_has_lost_is_404(client: FlaskClient, people: People, ready: Ready, backend: Backend) -> None:
    image = ready(DATA)
    for stored in list(backend.adapters.storage.objects()):
        backend.adapters.storage.delete(stored.key)
    assert client.get(image["links"]["file"], headers=people.owner.headers).status_code == 404
