"""GET /api/v1/images/{id}."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from aizen.settings import Settings
from tests.conftest import People
from tests.images.conftest import URL, Upload

every_backend = pytest.mark.every_backend
Ready = Callable[..., dict[str, Any]]
UNKNOWN = "01934b1a-0000-7000-8000-000000000000"


@every_backend
def test_an_image_is_shown_to_its_owner_as_the_upload_answered_it(client: FlaskClient, people: People, upload: Upload) -> None:
    made = upload()
    answer = client.get(made.headers["Location"], headers=people.owner.headers)
    assert answer.status_code == 200
    assert answer.get_json() == made.get_json()
    assert answer.headers["ETag"] == made.headers["ETag"]
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_stranger_gets_what_an_unknown_id_gets(client: FlaskClient, people: People, upload: Upload) -> None:
    own = upload().get_json()["links"]["self"]
    theirs = client.get(own, headers={**people.stranger.headers, "X-Request-Id": "the-same-id"})
    unknown = client.get(f"{URL}/{UNKNOWN}", headers={**people.stranger.headers, "X-Request-Id": "the-same-id"})
    assert theirs.status_code == unknown.status_code == 404
    assert {**theirs.get_json(), "instance": ""} == {**unknown.get_json(), "instance": ""}


@pytest.mark.parametrize("suffix", ["", "/status", "/file", "/variants/w64.webp"])
def test_nobody_gets_nothing(client: FlaskClient, people: People, ready: Ready, suffix: str) -> None:
    answer = client.get(ready()["links"]["self"] + suffix)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "bad", ["1", "none", "01934b1a", UNKNOWN + "0", "%00", "..%2f..", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]
)
def test_what_is_no_id_is_404(client: FlaskClient, people: People, bad: str) -> None:
    answer = client.get(f"{URL}/{bad}", headers=people.owner.headers)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


@every_backend
def test_an_unchanged_image_is_304(client: FlaskClient, people: People, ready: Ready) -> None:
    own = ready()["links"]["self"]
    tag = client.get(own, headers=people.owner.headers).headers["ETag"]
    again = client.get(own, headers={**people.owner.headers, "If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    weak = client.get(own, headers={**people.owner.headers, "If-None-Match": f'"other", W/{tag}'})
    assert weak.status_code == 304
    assert client.get(own, headers={**people.owner.headers, "If-None-Match": '"other"'}).status_code == 200


def test_work_that_is_done_changes_the_etag(client: FlaskClient, people: People, upload: Upload, work: Callable[[], int]) -> None:
    made = upload()
    work()
    again = client.get(made.headers["Location"], headers={**people.owner.headers, "If-None-Match": made.headers["ETag"]})
    assert (again.status_code, again.get_json()["status"]) == (200, "ready")


def test_the_addresses_and_the_etag_hold_for_ten_minutes_and_never_outlive_each_other(
    client: FlaskClient, people: People, upload: Upload, settings: Settings
) -> None:
    own = upload().get_json()["links"]["self"]
    # Inside the life of the access token, on both sides of a window's border.
    now = datetime.now(UTC).timestamp()
    border = now - now % 600 + 600
    border += 600 if border - now < 5 else 0
    seen = []
    for moment in (border - 2, border + 2, border + 598):
        with time_machine.travel(moment, tick=False):
            person = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": people.owner.password}).get_json()
            answer = client.get(own, headers={"Authorization": f"Bearer {person['access']}"})
            assert expires(answer.get_json()["image"]) - moment >= settings.address_seconds
            seen.append((answer.headers["ETag"], answer.get_json()))
    before, after, later = seen
    assert after == later
    assert before[0] != after[0]
    assert before[1]["image"] != after[1]["image"]


def expires(address: str) -> int:
    return int(address.partition("expires=")[2].partition("&")[0])


def test_the_original_that_is_deleted_is_no_longer_named_and_the_etag_shows_it(client: FlaskClient, people: People, upload: Upload) -> None:
    first, second = upload(), upload()
    assert second.get_json()["duplicate_of"] == first.get_json()["id"]
    client.delete(first.headers["Location"], headers=people.owner.headers)
    answer = client.get(second.headers["Location"], headers={**people.owner.headers, "If-None-Match": second.headers["ETag"]})
    assert answer.status_code == 200
    assert answer.get_json()["duplicate_of"] is None
