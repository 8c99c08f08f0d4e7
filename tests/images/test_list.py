"""GET /api/v1/images."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.conftest import People
from tests.images.conftest import URL, Upload

every_backend = pytest.mark.every_backend
Shelve = Callable[..., str]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def listed(client: FlaskClient, people: People, **arguments: Any) -> TestResponse:
    answer = client.get(f"{URL}?{urlencode(arguments)}", headers=people.owner.headers)
    assert answer.status_code == 200, answer.text
    return answer


def ids(answer: TestResponse) -> list[str]:
    return [image["id"] for image in answer.get_json()]


def next_of(answer: TestResponse) -> str | None:
    """The address of the next page, from the Link header (RFC 8288)."""
    found = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
    return found[1] if found else None


def pages(client: FlaskClient, people: People, **arguments: Any) -> Iterator[TestResponse]:
    answer = listed(client, people, **arguments)
    yield answer
    while address := next_of(answer):
        answer = client.get(address, headers=people.owner.headers)
        assert answer.status_code == 200, answer.text
        yield answer


@every_backend
def test_the_list_is_an_array_of_whole_images_newest_first(client: FlaskClient, people: People, upload: Upload) -> None:
    first, second = upload().get_json(), upload().get_json()
    answer = listed(client, people)
    assert answer.get_json() == [second, first]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Link" not in answer.headers
    assert "X-Total-Count" not in answer.headers


def test_the_list_of_nobody_is_empty_and_needs_somebody(client: FlaskClient, people: People) -> None:
    assert listed(client, people).get_json() == []
    assert client.get(URL).status_code == 401


def test_the_oldest_come_first_when_asked_for(client: FlaskClient, people: People, shelve: Shelve) -> None:
    made = [shelve(people.owner, at=NOON + timedelta(minutes=number)) for number in range(3)]
    assert ids(listed(client, people, sort="uploaded_at")) == made
    assert ids(listed(client, people, sort="-uploaded_at")) == made[::-1]


@every_backend
@pytest.mark.parametrize("sort", ["uploaded_at", "-uploaded_at"])
def test_the_pages_hold_each_image_once_even_of_one_moment(client: FlaskClient, people: People, shelve: Shelve, sort: str) -> None:
    made = [shelve(people.owner, at=NOON + timedelta(microseconds=number // 4)) for number in range(11)]
    found = list(pages(client, people, limit=3, sort=sort))
    assert [len(page.get_json()) for page in found] == [3, 3, 3, 2]
    seen = [each for page in found for each in ids(page)]
    assert sorted(seen) == sorted(made)
    # Of one moment, the id decides.
    moments = {image["id"]: (image["uploaded_at"], image["id"]) for page in found for image in page.get_json()}
    assert [moments[each] for each in seen] == sorted(moments.values(), reverse=sort.startswith("-"))


@every_backend
def test_images_that_arrive_or_go_meanwhile_neither_shift_nor_repeat_the_pages(
    client: FlaskClient, people: People, shelve: Shelve, upload: Upload
) -> None:
    made = [shelve(people.owner, at=NOON + timedelta(minutes=number)) for number in range(9)]
    seen: list[str] = []
    for page in pages(client, people, limit=2):
        seen += ids(page)
        upload()
        client.delete(f"{URL}/{seen[-1]}", headers=people.owner.headers)
    assert seen == made[::-1]


def test_a_page_that_ends_with_the_last_image_has_no_next(client: FlaskClient, people: People, shelve: Shelve) -> None:
    for number in range(4):
        shelve(people.owner, at=NOON + timedelta(minutes=number))
    first = listed(client, people, limit=2)
    second = client.get(next_of(first) or "", headers=people.owner.headers)
    assert len(second.get_json()) == 2
    assert next_of(second) is None


def test_a_link_keeps_the_filters(client: FlaskClient, people: People, shelve: Shelve) -> None:
    for number in range(4):
        shelve(people.owner, at=NOON + timedelta(minutes=number), status="failed")
        shelve(people.owner, at=NOON + timedelta(minutes=number))
    found = list(pages(client, people, limit=3, status="failed", sort="uploaded_at"))
    assert [len(page.get_json()) for page in found] == [3, 1]
    assert {image["status"] for page in found for image in page.get_json()} == {"failed"}
    query = parse_qs(urlsplit(next_of(found[0]) or "").query)
    assert (query["limit"], query["status"], query["sort"]) == (["3"], ["failed"], ["uploaded_at"])


@pytest.mark.parametrize("status", ["generating", "processing", "ready", "failed"])
def test_the_status_filters(client: FlaskClient, people: People, shelve: Shelve, status: str) -> None:
    made = {each: shelve(people.owner, at=NOON, status=each) for each in ("generating", "processing", "ready", "failed")}
    answer = listed(client, people, status=status, include="total")
    assert ids(answer) == [made[status]]
    assert answer.headers["X-Total-Count"] == "1"


def test_the_total_is_told_when_asked_for(client: FlaskClient, people: People, shelve: Shelve) -> None:
    for number in range(5):
        shelve(people.owner, at=NOON + timedelta(minutes=number))
    first = listed(client, people, limit=2, include="total")
    assert first.headers["X-Total-Count"] == "5"
    assert "include=total" in first.headers["Link"]


def test_a_strangers_images_are_never_listed_or_counted(client: FlaskClient, people: People, shelve: Shelve) -> None:
    own = shelve(people.owner, at=NOON)
    shelve(people.stranger, at=NOON)
    answer = listed(client, people, include="total")
    assert ids(answer) == [own]
    assert answer.headers["X-Total-Count"] == "1"


def test_a_strangers_cursor_shows_ones_own_images_only(client: FlaskClient, people: People, shelve: Shelve) -> None:
    for person in (people.owner, people.stranger):
        for number in range(3):
            shelve(person, at=NOON + timedelta(minutes=number))
    address = next_of(listed(client, people, limit=1)) or ""
    theirs = client.get(address.replace("limit=1", "limit=100"), headers=people.stranger.headers).get_json()
    assert {image["user"]["username"] for image in theirs} == {"stranger"}


@pytest.mark.parametrize("limit", ["1", "100"])
def test_a_limit_within_its_bounds_is_taken(client: FlaskClient, people: People, limit: str) -> None:
    listed(client, people, limit=limit)


def test_the_page_holds_24_unless_told(client: FlaskClient, people: People, shelve: Shelve) -> None:
    for number in range(25):
        shelve(people.owner, at=NOON + timedelta(minutes=number))
    assert len(listed(client, people).get_json()) == 24


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("limit=0", "/limit", "out_of_range"),
        ("limit=101", "/limit", "out_of_range"),
        ("limit=-1", "/limit", "out_of_range"),
        ("limit=", "/limit", "wrong_type"),
        ("limit=ten", "/limit", "wrong_type"),
        ("limit=1.5", "/limit", "wrong_type"),
        ("limit=1e1", "/limit", "wrong_type"),
        ("limit=%D9%A1", "/limit", "wrong_type"),
        ("limit=" + "9" * 400, "/limit", "wrong_type"),
        ("sort=title", "/sort", "not_a_choice"),
        ("status=lost", "/status", "not_a_choice"),
        ("status=ready%00", "/status", "not_a_choice"),
        ("include=everything", "/include", "not_a_choice"),
        ("cursor=a%00b", "/cursor", "nul_character"),
        ("cursor=" + "a" * 1001, "/cursor", "too_long"),
        ("owner=somebody", "/owner", "unknown_field"),
        ("status=ready&status=failed", "/status", "repeated"),
        ("limit=1&limit=abc", "/limit", "repeated"),
        ("page=2", "/page", "unknown_field"),
        ("%00=1", "/\\x00", "unknown_field"),
    ],
)
def test_an_argument_that_cannot_be_taken_is_named(client: FlaskClient, people: People, query: str, pointer: str, code: str) -> None:
    answer = client.get(f"{URL}?{query}", headers=people.owner.headers)
    assert answer.status_code == 422, answer.text
    assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [(pointer, code)]


def test_a_refused_choice_says_what_is_allowed(client: FlaskClient, people: People) -> None:
    answer = client.get(f"{URL}?sort=title", headers=people.owner.headers)
    assert answer.get_json()["errors"][0]["allowed"] == ["-uploaded_at", "uploaded_at"]


@pytest.mark.parametrize("other", [{"sort": "uploaded_at"}, {"status": "ready"}])
def test_a_cursor_with_other_filters_is_400(client: FlaskClient, people: People, shelve: Shelve, other: dict[str, str]) -> None:
    for number in range(3):
        shelve(people.owner, at=NOON + timedelta(minutes=number))
    cursor = parse_qs(urlsplit(next_of(listed(client, people, limit=1)) or "").query)["cursor"][0]
    answer = client.get(f"{URL}?{urlencode({'cursor': cursor, **other})}", headers=people.owner.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "cursor_mismatch")


def written(parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "é",
        "null",
        written(None),
        written([]),
        written([1, 2, 3]),
        written(["2026-01-01", str(uuid.UUID(int=1))]),
        written(["yesterday", uuid.UUID(int=1).hex, "0"]),
        written(["2026-01-01T00:00:00+00:00", "no id", "0"]),
        written(["0001-01-01T00:00:00+14:00", uuid.UUID(int=1).hex, "0"]),
        written(["9999-12-31T23:59:59-14:00", uuid.UUID(int=1).hex, "0"]),
        written({"a": 1}),
        base64.urlsafe_b64encode(b"[" * 300).decode().rstrip("="),
        base64.urlsafe_b64encode(b"\xff\xfe\x00").decode(),
    ],
)
def test_a_cursor_that_no_list_gave_is_400(client: FlaskClient, people: People, cursor: str) -> None:
    answer = client.get(f"{URL}?{urlencode({'cursor': cursor})}", headers=people.owner.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_cursor")


ANYTHING = st.text(max_size=40) | st.integers().map(str) | st.binary(max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arguments=st.dictionaries(
        st.sampled_from(["limit", "cursor", "sort", "status", "include"]) | st.text(st.characters(codec="utf-8"), max_size=8), ANYTHING
    )
)
def test_no_arguments_break_the_list(client: FlaskClient, people: People, arguments: dict[str, str | bytes]) -> None:
    pairs = [(name, value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value) for name, value in arguments.items()]
    answer = client.get(f"{URL}?{urlencode(pairs)}", headers=people.owner.headers)
    assert answer.status_code in (200, 400, 422)
