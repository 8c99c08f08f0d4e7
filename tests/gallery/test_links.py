"""Share links as their owner makes, sees and revokes them."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import db, new_id, utc_now
from aizen.gallery import links
from aizen.gallery.models import ShareLink
from aizen.images.models import Image as ImageRow
from aizen.web.idempotency import IdempotencyKey
from aizen.work import clock
from tests.conftest import Backend, People
from tests.gallery.conftest import Image, Share

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MONTH = timedelta(days=30)


def links_of(image: Image) -> str:
    return f"/api/v1/images/{image['id']}/links"


def change(backend: Backend, image_id: str, **values: Any) -> None:
    with backend.app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(ImageRow).where(ImageRow.id == uuid.UUID(image_id)).values(**values))


def test_a_link_is_made_on_the_terms_that_are_asked_for(client: FlaskClient, people: People, image: Image, backend: Backend) -> None:
    with time_machine.travel(NOON, tick=False):
        plain = client.post(links_of(image), headers=people.owner.headers, json={})
        strict = client.post(
            links_of(image), headers=people.owner.headers, json={"expires_in": 60, "password": "β 1", "max_views": 2}
        ).get_json()
    link = plain.get_json()
    assert plain.status_code == 201
    assert plain.headers["Location"] == f"/api/v1/links/{link['id']}"
    assert plain.headers["Cache-Control"] == "no-store"
    assert set(link["slug"]) <= set(links.ALPHABET)
    assert len(link["slug"]) * 5 >= 128
    assert link == {
        "id": link["id"],
        "slug": link["slug"],
        "url": f"{backend.settings.base_url}/s/{link['slug']}",
        "expires_at": "2026-12-24T12:00:00.000000Z",
        "has_password": False,
        "max_views": None,
        "views": 0,
        "created_at": "2026-11-24T12:00:00.000000Z",
    }
    assert {name: strict[name] for name in ("expires_at", "has_password", "max_views")} == {
        "expires_at": "2026-11-24T12:01:00.000000Z",
        "has_password": True,
        "max_views": 2,
    }
    assert strict["slug"] != link["slug"]
    assert client.get(plain.headers["Location"], headers=people.owner.headers).get_json() == link


def test_what_cannot_be_a_link_is_refused_by_field(
    client: FlaskClient, people: People, image: Image, make_app: Callable[..., Flask]
) -> None:
    refused: list[tuple[dict[str, Any], str, str]] = [
        ({"expires_in": 59}, "/expires_in", "out_of_range"),
        ({"expires_in": 315_360_001}, "/expires_in", "out_of_range"),
        ({"expires_in": "soon"}, "/expires_in", "wrong_type"),
        ({"expires_in": None}, "/expires_in", "null"),
        ({"password": ""}, "/password", "too_short"),
        ({"password": "x" * 129}, "/password", "too_long"),
        ({"password": 1234}, "/password", "wrong_type"),
        ({"max_views": 0}, "/max_views", "out_of_range"),
        ({"max_views": 1_000_001}, "/max_views", "out_of_range"),
        ({"max_views": 1.5}, "/max_views", "wrong_type"),
        ({"slug": "mine"}, "/slug", "unknown_field"),
    ]
    for body, pointer, code in refused:
        answer = client.post(links_of(image), headers=people.owner.headers, json=body)
        assert answer.status_code == 422, body
        assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [(pointer, code)], body
    short = make_app(share_link_longest_seconds=3600).test_client()
    answer = short.post(links_of(image), headers=people.owner.headers, json={"expires_in": 3601})
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/expires_in")
    with time_machine.travel(utc_now(), tick=False):
        made = short.post(links_of(image), headers=people.owner.headers, json={})
        assert made.get_json()["expires_at"] == (utc_now() + timedelta(hours=1)).isoformat(timespec="microseconds")[:-6] + "Z"
    assert client.get(links_of(image), headers=people.owner.headers).get_json() == [made.get_json()]


def test_an_image_without_a_picture_and_one_in_the_trash_have_no_new_links(
    client: FlaskClient, people: People, shelve: Callable[..., str], backend: Backend
) -> None:
    for values, code in (
        ({"status": "generating", "key": None}, "no_picture"),
        ({"status": "failed"}, "no_picture"),
        ({"trashed_at": utc_now()}, "trashed"),
    ):
        image_id = shelve(people.owner, at=NOON)
        change(backend, image_id, **values)
        answer = client.post(links_of({"id": image_id}), headers=people.owner.headers, json={})
        assert (answer.status_code, answer.get_json()["code"]) == (409, code)


def test_links_are_their_owners_alone(
    client: FlaskClient, people: People, image: Image, share: Share, make_app: Callable[..., Flask]
) -> None:
    link = share(image)
    other = {"id": str(new_id())}
    tried = [
        ("POST", links_of(image), links_of(other)),
        ("GET", links_of(image), links_of(other)),
        ("GET", f"/api/v1/links/{link['id']}", f"/api/v1/links/{new_id()}"),
        ("DELETE", f"/api/v1/links/{link['id']}", f"/api/v1/links/{new_id()}"),
    ]
    for method, theirs, nobodys in tried:
        options: dict[str, Any] = {"json": {}} if method == "POST" else {}
        bodies = []
        for address in (theirs, nobodys):
            answer = client.open(address, method=method, headers=people.stranger.headers, **options)
            assert answer.status_code == 404, (method, address)
            bodies.append({name: value for name, value in answer.get_json().items() if name not in ("instance", "request_id")})
        assert bodies[0] == bodies[1]
        assert client.open(theirs, method=method, **options).status_code == 401
    key = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "reads", "scopes": ["images:read"]}).get_json()
    answer = client.get(links_of(image), headers={"Authorization": f"Bearer {key['key']}"})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "scope_missing")
    strict = make_app(email_verification="required").test_client()
    answer = strict.post(links_of(image), headers=people.owner.headers, json={})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "email_not_verified")
    assert client.get(links_of(image), headers=people.owner.headers).get_json() == [link]


def test_the_list_has_the_newest_first_and_goes_on_by_its_cursor(
    client: FlaskClient, people: People, image: Image, share: Share, shelve: Callable[..., str]
) -> None:
    made = [share(image, expires_in=60 + number) for number in range(3)]
    first = client.get(f"{links_of(image)}?limit=2", headers=people.owner.headers)
    assert first.get_json() == [made[2], made[1]]
    assert first.headers["Cache-Control"] == "no-store"
    following = first.headers["Link"].partition(">")[0].lstrip("<")
    second = client.get(following, headers=people.owner.headers)
    assert second.get_json() == [made[0]]
    assert "Link" not in second.headers
    elsewhere = links_of({"id": shelve(people.owner, at=NOON)}) + "?" + following.partition("?")[2]
    assert client.get(elsewhere, headers=people.owner.headers).get_json()["code"] == "cursor_mismatch"


@pytest.mark.every_database
def test_of_links_made_at_once_no_more_than_the_limit_are_there(
    make_app: Callable[..., Flask], people: People, image: Image, client: FlaskClient
) -> None:
    app, together = make_app(share_links_per_image=3), threading.Barrier(6)
    owner = people.owner
    answers: list[tuple[int, str | None]] = []

    def ask() -> None:
        together.wait(30)
        answer = app.test_client().post(links_of(image), headers=owner.headers, json={"max_views": 1})
        answers.append((answer.status_code, answer.get_json().get("code")))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [(201, None)] * 3 + [(409, "too_many_links")] * 3
    # What is revoked, used up or over makes room.
    one, two, _ = client.get(links_of(image), headers=owner.headers).get_json()
    few = app.test_client()
    assert few.delete(f"/api/v1/links/{one['id']}", headers=owner.headers).status_code == 204
    assert few.get(f"/s/{two['slug']}", headers={"Accept": "application/json"}).status_code == 200
    statuses = [few.post(links_of(image), headers=owner.headers, json={"expires_in": 60}).status_code for _ in range(3)]
    assert statuses == [201, 201, 409]
    with time_machine.travel(utc_now() + timedelta(seconds=61)):
        assert few.post(links_of(image), headers=owner.headers, json={}).status_code == 201


def at_once(app: Flask, image: Image, headers: dict[str, str], terms: dict[str, Any]) -> list[TestResponse]:
    """The answers to four requests for a link that are sent together."""
    together = threading.Barrier(4)
    answers: list[TestResponse] = []

    def ask() -> None:
        together.wait(30)
        answers.append(app.test_client().post(links_of(image), headers=headers, json=terms))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.every_database
def test_the_same_key_and_terms_make_one_link(
    make_app: Callable[..., Flask], client: FlaskClient, people: People, image: Image, backend: Backend
) -> None:
    terms = {"password": "1234", "max_views": 2}
    # Where there is room for one alone, the others find the limit reached by the link that is theirs too.
    for most, key in ((1, "k-1"), (100, "k-2")):
        answers = at_once(make_app(share_links_per_image=most), image, {**people.owner.headers, "Idempotency-Key": key}, terms)
        assert [answer.status_code for answer in answers] == [201] * 4, most
        assert len({answer.headers["Location"] for answer in answers}) == 1
        assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    headers = {**people.owner.headers, "Idempotency-Key": "k-1"}
    for other in ({**terms, "password": "1235"}, {**terms, "max_views": 3}, {"max_views": 2}):
        answer = client.post(links_of(image), headers=headers, json=other)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")
    # Nobody finds the password by hashing short ones until one gives what is stored.
    sent = {"password": "1234", "max_views": 2, "image_id": image["id"]}
    guessed = hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()
    with backend.app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(sa.select(IdempotencyKey.fingerprint).where(IdempotencyKey.key == "k-1")) != guessed


def test_the_clock_forgets_a_link_some_time_after_its_end(
    client: FlaskClient, people: People, image: Image, share: Share, tick: Callable[[], clock.Tick], backend: Backend
) -> None:
    ended, live = share(image, expires_in=60), share(image, expires_in=10 * 365 * 86400)
    for later, status, left in (
        (MONTH, 410, [live["id"], ended["id"]]),
        (MONTH + timedelta(seconds=61), 404, [live["id"]]),
    ):
        with time_machine.travel(utc_now() + later):
            tick()
            assert client.get(f"/s/{ended['slug']}").status_code == status
            assert client.get(f"/s/{live['slug']}").status_code == 200
        with backend.app.app_context(), db.engine.connect() as connection:
            found = connection.scalars(sa.select(ShareLink.id).order_by(ShareLink.created_at.desc())).all()
        assert [str(each) for each in found] == left
