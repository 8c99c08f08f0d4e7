"""GET /api/v1/images/public and /api/v1/images/public/{id}: what anybody sees, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth.models import User
from aizen.database import db, utc_now
from aizen.images import files
from aizen.settings import Settings
from aizen.web import addresses
from tests import pictures
from tests.auth.letters import statements_of
from tests.conftest import Backend, People
from tests.gallery.conftest import Change
from tests.gallery.visiting import GALLERY, publish, seen, visited
from tests.images.conftest import URL, opened
from tests.images.test_list import next_of

Ready = Callable[..., dict[str, Any]]
Keep = Callable[..., str]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "zebrafinch"
MEMBERS = {
    *("id", "status", "title", "description", "alt", "tags", "width", "height", "thumbhash", "dominant_color", "is_public", "visibility"),
    *("digital_source_type", "variants", "image", "image_url", "links", "user", "uploaded_at"),
}
# What the row of an image holds and nobody but its owner is told.
PRIVATE: dict[str, Any] = {
    "file_name": f"{SECRET}.jpg",
    "alt_status": "suggested",
    "ai_description": f"A {SECRET} on a twig",
    "ai_alt": f"A {SECRET}",
    "ai_tags": [SECRET],
    "ai_provider": SECRET,
    "ai_model": SECRET,
    "ai_error": SECRET,
    "prompt": f"paint a {SECRET}",
    "generation": {"negative_prompt": SECRET},
    "recipe": f"t={SECRET}",
    "rights": {"creator": SECRET, "copyright": SECRET, "digital_source_type": "trainedAlgorithmicMedia"},
    "focal_x": 0.1234567,
    "focal_y": 0.7654321,
}


def set_disabled(backend: Backend, person: Any, *, disabled: bool) -> None:
    with backend.app.app_context(), db.engine.begin() as connection:
        at = utc_now() if disabled else None
        connection.execute(sa.update(User).where(User.id == uuid.UUID(person.id)).values(disabled_at=at))


def texts(value: Any) -> Iterator[str]:
    """Every name and value in a JSON document."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    else:
        yield unquote(str(value))


@pytest.mark.every_backend
def test_nothing_is_told_but_what_the_owner_published(
    client: FlaskClient, people: People, ready: Ready, change: Change, backend: Backend
) -> None:
    image = ready(pictures.jpeg(1200, 800), f"{SECRET}.jpg", title="Two boats", description="On a lake", tags="lake")
    own = client.get(image["links"]["self"], headers=people.owner.headers).get_json()
    change(image["id"], **PRIVATE)
    assert publish(client, people.owner, image["id"]).status_code == 200
    (listed,) = visited(client).get_json()
    assert client.get(f"{GALLERY}/{image['id']}").get_json() == listed
    assert set(listed) == MEMBERS
    assert (listed["title"], listed["description"], listed["tags"], listed["alt"]) == ("Two boats", "On a lake", ["lake"], None)
    assert (listed["user"], listed["is_public"], listed["visibility"]) == ({"username": "owner"}, True, "public")
    assert listed["digital_source_type"] == "trainedAlgorithmicMedia"
    assert set(listed["links"]) == {"self", "thumb"}
    private = (SECRET, "zebra", people.owner.email, people.owner.id, own["sha256"], "0.1234567", "0.7654321", "owner_id", "key")
    for text in texts(listed):
        assert not [each for each in private if each in text], text
    files_shown = {each["name"]: each for each in listed["variants"]}
    assert files_shown.keys() == {each["name"] for each in own["variants"]}
    assert listed["image_url"] == files_shown["w1200.jpeg"]["url"]
    assert listed["image_url"].endswith(listed["image"])
    assert listed["links"]["thumb"] == files_shown["w320.webp"]["url"]
    for each in (listed["image"], *(each["url"] for each in listed["variants"])):
        answer = opened(client, each)
        told = str(answer.headers)
        assert SECRET not in unquote(told)
        if answer.status_code == 302:
            assert answer.headers["Cache-Control"] == "private, no-store"
        else:
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=60")
            assert people.owner.id not in told


@pytest.mark.every_database
def test_only_what_is_public_and_ready_of_active_owners_is_listed_found_and_opened(
    client: FlaskClient, people: People, keep: Keep, backend: Backend
) -> None:
    other, closed = people.named("disabled"), people.named("closed")
    shown = keep("lake", visibility="public")
    unlisted = keep("lake", visibility="unlisted")
    hidden = [
        keep("lake"),
        keep("lake", visibility="public", status="processing"),
        keep("lake", visibility="public", status="generating", format=None, media_type=None, sha256=None),
        keep("lake", visibility="public", status="failed"),
        keep("lake", visibility="public", person=other),
        keep("lake", visibility="unlisted", person=other),
        keep("lake", visibility="public", person=closed),
        str(uuid.uuid4()),
    ]
    set_disabled(backend, other, disabled=True)
    answer = client.delete("/api/v1/auth/profile", headers=closed.headers, json={"password": closed.password})
    assert answer.status_code == 204
    for arguments in ({}, {"search": "lake"}, {"search": "-boat"}, {"search": "after:2025"}):
        # What is left out takes no place on a page.
        assert seen(client, **arguments) == seen(client, limit=1, **arguments) == [shown], arguments
    opens = {image_id: client.get(f"{GALLERY}/{image_id}").status_code for image_id in (shown, unlisted, *hidden)}
    assert opens == {shown: 200, unlisted: 200} | dict.fromkeys(hidden, 404)
    bodies = [client.get(f"{GALLERY}/{image_id}").get_json() for image_id in hidden]
    assert len({str({**body, "instance": "", "request_id": ""}) for body in bodies}) == 1
    assert client.get(f"{GALLERY}/{unlisted}").get_json()["visibility"] == "unlisted"
    set_disabled(backend, other, disabled=False)
    assert len(seen(client, search="lake")) == 2


@pytest.mark.every_database
def test_the_pages_hold_each_image_once_whoever_owns_it(client: FlaskClient, people: People, keep: Keep) -> None:
    owners = (people.owner, people.stranger)
    made = [keep("lake", visibility="public", person=owners[number % 2], at=NOON + timedelta(seconds=number // 3)) for number in range(8)]
    for sort in ("uploaded_at", "-uploaded_at"):
        for search in ({}, {"search": "lake"}):
            answer, found = visited(client, sort=sort, limit=3, **search), []
            found += [each["id"] for each in answer.get_json()]
            while address := next_of(answer):
                assert address.startswith(f"{GALLERY}?")
                answer = client.get(address)
                found += [each["id"] for each in answer.get_json()]
            assert sorted(found) == sorted(made)
            moments = [made.index(each) // 3 for each in found]
            assert moments == sorted(moments, reverse=sort.startswith("-")), (sort, search)
    assert visited(client, limit=8).headers.get("Link") is None


def test_a_cursor_of_another_list_and_wrong_arguments_are_refused(client: FlaskClient, people: People, keep: Keep) -> None:
    for _ in range(2):
        keep("lake", visibility="public")
    own = client.get(f"{URL}?limit=1", headers=people.owner.headers)
    public = visited(client, limit=1)
    cursors = {name: parse_qs(urlsplit(next_of(answer) or "").query)["cursor"][0] for name, answer in (("own", own), ("public", public))}
    assert client.get(f"{GALLERY}?limit=1&cursor={cursors['public']}").status_code == 200
    for cursor, more in ((cursors["own"], ""), (cursors["public"], "&search=lake"), (cursors["public"], "&sort=uploaded_at")):
        refused = client.get(f"{GALLERY}?limit=1&cursor={cursor}{more}")
        assert (refused.status_code, refused.get_json()["code"]) == (400, "cursor_mismatch")
    mixed = client.get(f"{URL}?limit=1&cursor={cursors['public']}", headers=people.owner.headers)
    assert (mixed.status_code, mixed.get_json()["code"]) == (400, "cursor_mismatch")
    assert client.get(f"{GALLERY}?cursor=x").get_json()["code"] == "malformed_cursor"
    for query in ("limit=0", "limit=101", "sort=title", "visibility=private", "status=failed", "tag=x", "page=2", "include=total"):
        refused = client.get(f"{GALLERY}?{query}")
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, f"/{query.partition('=')[0]}")


def test_alt_is_what_was_approved_empty_for_decoration_and_null_where_nobody_said(client: FlaskClient, keep: Keep) -> None:
    keep("1", visibility="public", alt_status="missing", at=NOON)
    keep("2", visibility="public", alt_status="suggested", ai_alt="Guessed", at=NOON + timedelta(1))
    keep("3", visibility="public", alt_status="decorative", at=NOON + timedelta(2))
    keep("4", visibility="public", alt_status="approved", alt="A lake", at=NOON + timedelta(3))
    assert [each["alt"] for each in visited(client, sort="uploaded_at").get_json()] == [None, None, "", "A lake"]


def test_an_animation_is_shown_by_its_moving_file(client: FlaskClient, ready: Ready) -> None:
    image = ready(pictures.gif(), "a.gif", visibility="public")
    assert "/animated.webp?" in client.get(f"{GALLERY}/{image['id']}").get_json()["image_url"]


def test_a_page_costs_three_statements_however_many_owners_it_shows(backend: Backend, people: People, keep: Keep) -> None:
    for number in range(6):
        keep("lake", visibility="public", person=people.named(f"person{number}"))
    visitor = backend.app.test_client()
    for arguments in ({"limit": 4}, {"limit": 4, "search": "lake"}):
        with statements_of(backend.app) as statements:
            visited(visitor, **arguments)
        # Beside the one that begins the transaction.
        assert len([each for each in statements if each.startswith("SELECT")]) == len(statements) - 1 == 3, statements


def test_caches_keep_an_answer_for_public_seconds_and_never_longer_than_its_addresses_live(
    client: FlaskClient, ready: Ready, make_app: Callable[..., Flask], settings: Settings
) -> None:
    image = ready(visibility="public")
    item, day = f"{GALLERY}/{image['id']}", make_app(public_seconds=86400).test_client()
    for path in (GALLERY, item):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert "RateLimit" not in answer.headers
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", "public, max-age=60")
        longest = int(day.get(path).headers["Cache-Control"].removeprefix("public, max-age="))
        assert settings.address_seconds <= longest <= settings.address_seconds + addresses.WINDOW_SECONDS
    address = client.get(item).get_json()["image"]
    ends = int(parse_qs(urlsplit(address).query)["expires"][0])
    with time_machine.travel(ends - 20, tick=False):
        assert opened(client, address).headers["Cache-Control"] == "public, max-age=20"
        assert opened(day, address).headers["Cache-Control"] == "public, max-age=20"


WITHDRAWALS: dict[str, Callable[[FlaskClient, People, Backend, str], Any]] = {
    "share": lambda client, people, _, image: publish(client, people.owner, image, method="PATCH", json={"is_public": False}),
    "patch": lambda client, people, _, image: client.patch(f"{URL}/{image}", headers=people.owner.headers, json={"visibility": "private"}),
    "take down": lambda client, people, _, image: client.post(
        f"/api/v1/admin/images/{image}/take-down", headers=people.admin.headers, json={}
    ),
    "disable": lambda client, people, *_: client.patch(
        f"/api/v1/admin/users/{people.owner.id}", headers=people.admin.headers, json={"disabled": True}
    ),
    "delete": lambda client, people, _, image: client.delete(f"{URL}/{image}", headers=people.owner.headers),
}


@pytest.mark.every_backend
def test_what_is_withdrawn_is_404_everywhere_at_once(client: FlaskClient, people: People, ready: Ready, backend: Backend) -> None:
    images = {how: ready(title="Lake", visibility="public") for how in WITHDRAWALS}
    left = [each["id"] for each in reversed(images.values())]
    # Disabling the owner ends them all, so it comes last.
    for how in ("share", "patch", "take down", "delete", "disable"):
        image_id = images[how]["id"]
        shown = client.get(f"{GALLERY}/{image_id}").get_json()
        opens = [f"{GALLERY}/{image_id}", shown["image"], *(each["url"] for each in shown["variants"])]
        assert seen(client) == seen(client, search="lake") == left
        assert {opened(client, each).status_code for each in opens} <= {200, 302}
        assert WITHDRAWALS[how](client, people, backend, image_id).status_code in (200, 204)
        left.remove(image_id)
        assert seen(client) == seen(client, search="lake") == left, how
        answers = [opened(client, each) for each in opens]
        assert {(each.status_code, each.headers["Cache-Control"]) for each in answers} == {(404, "no-store")}, how


def test_no_address_for_everybody_opens_an_original_or_an_internal_level(
    client: FlaskClient, people: People, ready: Ready, settings: Settings, backend: Backend
) -> None:
    image = ready(visibility="public")
    signed = addresses.Signed(settings, audience="public")
    original = urlsplit(image["image"]).path.removeprefix("/media/")
    keys = [stored.key for stored in backend.adapters.storage.objects()]
    internal = [key for key in keys if key.rpartition("/")[2].startswith("m")]
    assert original in keys
    assert internal
    open_keys = [key for key in keys if opened(client, signed.path(files.public_name(key))).status_code == 200]
    assert sorted(open_keys) == sorted(set(keys) - {original, *internal})
    for name in (*keys, original.partition("/")[2], f"public/{image['id']}/0000/w64.jpeg", "public/", "public/x/y/w64.jpeg"):
        assert opened(client, signed.path(name)).status_code == 404, name
    # An owner's address names the key itself.
    assert opened(client, addresses.Signed(settings).path(files.public_name(open_keys[0]))).status_code == 404


def test_too_many_pages_are_429_and_no_cache_is_told_what_is_left(make_app: Callable[..., Flask]) -> None:
    client = make_app(rate_limit_gallery="2 per minute").test_client()
    answers = [client.get(GALLERY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert ["RateLimit" in answer.headers for answer in answers] == [False, False, True]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert answers[2].headers["Cache-Control"] == "no-store"


def test_a_large_page_at_the_old_address_counts_as_many(make_app: Callable[..., Flask]) -> None:
    through = make_app(rate_limit_gallery="15 per hour").test_client()
    assert [through.get("/api/images/public/").status_code for _ in range(2)] == [200, 429]
    assert through.get("/api/v1/images/public").status_code == 200
