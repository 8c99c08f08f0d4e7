"""PATCH /api/v1/images/{id}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import People
from tests.fakes import ScriptedDescriber
from tests.images.conftest import URL, Upload

every_database = pytest.mark.every_database
Ready = Callable[..., dict[str, Any]]
Edit = Callable[..., TestResponse]


@pytest.fixture
def edit(client: FlaskClient, people: People) -> Edit:
    """Sends a PATCH as the owner."""

    def send(image: dict[str, Any], *, match: str | None = None, **words: Any) -> TestResponse:
        headers = {**people.owner.headers, **({"If-Match": match} if match else {})}
        return client.patch(image["links"]["self"], json=words, headers=headers)

    return send


@every_database
def test_what_is_named_changes_and_what_is_not_stays(client: FlaskClient, people: People, ready: Ready, edit: Edit) -> None:
    image = ready(title="One", description="First", tags="a")
    answer = edit(image, title=" Two ", tags=["Alps", "alps", "2026"], focal_point={"x": 0.25, "y": 1})
    assert answer.status_code == 200, answer.text
    changed = answer.get_json()
    assert changed == {
        **image,
        "title": "Two",
        "tags": ["alps", "2026"],
        "focal_point": {"x": 0.25, "y": 1.0},
        "updated_at": changed["updated_at"],
    }
    assert changed["updated_at"] > image["updated_at"]
    assert client.get(image["links"]["self"], headers=people.owner.headers).get_json() == changed
    assert edit(image, description="Line\r\nbreak", focal_point=None).get_json()["focal_point"] is None


def test_an_edit_without_news_changes_nothing(client: FlaskClient, people: People, ready: Ready, edit: Edit) -> None:
    image = ready(title="One", tags="a")
    tag = client.get(image["links"]["self"], headers=people.owner.headers).headers["ETag"]
    for words in ({}, {"title": "One"}, {"tags": ["A"]}, {"focal_point": None}):
        answer = edit(image, **words)
        assert (answer.status_code, answer.headers["ETag"]) == (200, tag)
        assert answer.get_json() == image


@every_database
def test_an_edit_of_an_older_version_is_412(client: FlaskClient, people: People, ready: Ready, edit: Edit) -> None:
    image = ready()
    tag = client.get(image["links"]["self"], headers=people.owner.headers).headers["ETag"]
    fresh = edit(image, match=tag, title="Mine")
    assert fresh.status_code == 200
    stale = edit(image, match=tag, title="Lost")
    assert (stale.status_code, stale.get_json()["code"]) == (412, "stale")
    assert edit(image, match=fresh.headers["ETag"], title="Next").get_json()["title"] == "Next"


# The words, and the pointer and the code of what is wrong with them.
BAD_WORDS: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"title": None}, "/title", "null"),
    ({"title": "x" * 201}, "/title", "too_long"),
    ({"title": "a\0b"}, "/title", "nul_character"),
    ({"title": "a\ud800b"}, "/title", "lone_surrogate"),
    ({"description": 7}, "/description", "wrong_type"),
    ({"alt": "x" * 1001}, "/alt", "too_long"),
    ({"alt_status": "perfect"}, "/alt_status", "not_a_choice"),
    ({"tags": [1]}, "/tags", "wrong_type"),
    ({"tags": {"a": 1}}, "/tags", "wrong_type"),
    ({"tags": "a,b"}, "/tags", "wrong_type"),
    ({"tags": ["x" * 51]}, "/tags", "too_long"),
    ({"tags": ["a,b"]}, "/tags", "comma"),
    ({"tags": [str(number) for number in range(51)]}, "/tags", "too_many"),
    ({"focal_point": {"x": 0.5}}, "/focal_point", "wrong_type"),
    ({"focal_point": [0.5, 0.5]}, "/focal_point", "wrong_type"),
    ({"focal_point": {"x": 1.01, "y": 0}}, "/focal_point", "out_of_range"),
    ({"focal_point": {"x": True, "y": 0}}, "/focal_point", "wrong_type"),
    ({"is_public": True}, "/is_public", "unknown_field"),
    ({"visibility": "friends"}, "/visibility", "not_a_choice"),
    ({"id": "x"}, "/id", "unknown_field"),
    ({"owner_id": "x"}, "/owner_id", "unknown_field"),
    ({"ai": {"alt": "x"}}, "/ai", "unknown_field"),
)


def test_what_cannot_be_taken_is_named_and_nothing_changes(client: FlaskClient, people: People, ready: Ready, edit: Edit) -> None:
    image = ready(title="One")
    for words, pointer, code in BAD_WORDS:
        answer = edit(image, **{"description": "never", **words})
        assert answer.status_code == 422, answer.text
        assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [(pointer, code)]
        assert client.get(image["links"]["self"], headers=people.owner.headers).get_json() == image, words


def test_a_body_that_is_no_json_object_or_no_number_is_refused(client: FlaskClient, people: People, ready: Ready) -> None:
    address = ready()["links"]["self"]
    for body in ('{"focal_point": {"x": NaN, "y": 0}}', '{"focal_point": {"x": 1e999, "y": 0}}', "[]", "{"):
        answer = client.patch(address, data=body, content_type="application/json", headers=people.owner.headers)
        assert answer.status_code in (400, 422), body


def test_a_strangers_edit_is_404_like_one_of_nothing(client: FlaskClient, people: People, ready: Ready) -> None:
    own = ready()["links"]["self"]
    theirs = client.patch(own, json={"title": "x"}, headers=people.stranger.headers)
    unknown = client.patch(f"{URL}/{people.owner.id}", json={"title": "x"}, headers=people.stranger.headers)
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.get_json()["detail"] == unknown.get_json()["detail"]
    assert client.patch(own, json={"title": "x"}).status_code == 401


# -- alt text


@every_database
def test_a_suggestion_is_applied(ready: Ready, edit: Edit, describer: ScriptedDescriber) -> None:
    describer.will_say("Long.", alt="An otter.")
    image = ready()
    assert (image["alt"], image["alt_status"], image["ai"]["alt"]) == ("", "suggested", "An otter.")
    changed = edit(image, alt_status="approved").get_json()
    assert (changed["alt"], changed["alt_status"], changed["ai"]["alt"]) == ("An otter.", "approved", "An otter.")


def test_a_suggestion_is_edited(ready: Ready, edit: Edit) -> None:
    changed = edit(ready(), alt="Two otters.").get_json()
    assert (changed["alt"], changed["alt_status"], changed["ai"]["alt"]) == ("Two otters.", "approved", "Scripted.")


def test_an_image_without_a_describer_misses_its_alt_text(ready: Ready, edit: Edit) -> None:
    image = ready(describe="false")
    assert (image["alt"], image["alt_status"]) == ("", "missing")
    for status, code in (("approved", "no_alt"), ("suggested", "no_suggestion")):
        answer = edit(image, alt_status=status)
        assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [("/alt_status", code)]


@pytest.mark.parametrize(
    ("words", "alt", "status"),
    [
        ({"alt": ""}, "", "suggested"),
        ({"alt_status": "suggested"}, "", "suggested"),
        ({"alt_status": "missing"}, "", "missing"),
        ({"alt_status": "decorative"}, "", "decorative"),
        ({"alt": "", "alt_status": "decorative"}, "", "decorative"),
        ({"alt_status": "approved"}, "Mine.", "approved"),
        ({"alt": "Other.", "alt_status": "approved"}, "Other.", "approved"),
    ],
)
def test_an_approved_alt_text_gives_way(ready: Ready, edit: Edit, words: dict[str, str], alt: str, status: str) -> None:
    changed = edit(ready(alt="Mine."), **words).get_json()
    assert (changed["alt"], changed["alt_status"]) == (alt, status)


@pytest.mark.parametrize("status", ["missing", "suggested", "decorative"])
def test_an_alt_text_is_nothing_but_approved(ready: Ready, edit: Edit, status: str) -> None:
    answer = edit(ready(), alt="Mine.", alt_status=status)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [("/alt_status", "alt_given")]


@every_database
@pytest.mark.parametrize(("words", "after"), [({"alt": "Mine."}, "approved"), ({"alt_status": "decorative"}, "decorative")])
def test_what_a_describer_says_later_changes_no_decision(
    client: FlaskClient, people: People, upload: Upload, edit: Edit, work: Callable[[], int], words: dict[str, str], after: str
) -> None:
    image = upload().get_json()
    edit(image, **words)
    work()
    now = client.get(image["links"]["self"], headers=people.owner.headers).get_json()
    assert (now["alt_status"], now["ai"]["alt"]) == (after, "Scripted.")
