"""``save``: what a transformation makes is an image of its own, which remembers where it comes from."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from aizen.auth.models import User
from aizen.database import new_id
from aizen.images.models import DerivedFile
from aizen.work import clock
from tests import pictures
from tests.conftest import Backend, People
from tests.transformations.conftest import URL, Make, Rows, Transform, Watched, field_error, opened

every_backend = pytest.mark.every_backend
Look = Callable[[str], dict[str, Any]]


@pytest.fixture
def look(client: FlaskClient, people: People) -> Look:
    def get(image_id: str) -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"{URL}/{image_id}", headers=people.owner.headers).get_json()
        return body

    return get


@every_backend
def test_the_result_is_an_image_with_its_lineage(
    make: Make,
    transform: Transform,
    look: Look,
    rows: Rows,
    work: Callable[[], int],
    backend: Backend,
    assert_clean: Callable[[], None],
) -> None:
    image_id = make(title="Lake")
    answer = transform(image_id, "w=80/f=png", save=True)
    body = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{URL}/{body['id']}")
    assert (body["parent_id"], body["recipe"], body["width"], body["format"]) == (image_id, "w=80/f=png", 80, "png")
    # Variants and a description, as for an upload.
    assert work() == 2
    image = look(body["id"])
    assert (image["status"], image["source"], image["parent_id"], image["recipe"]) == ("ready", "transformation", image_id, "w=80/f=png")
    assert (image["title"], image["visibility"], image["ai"]["status"]) == ("Lake", "private", "done")
    assert (image["width"], image["height"], image["bytes"]) == (80, 60, body["bytes"])
    assert look(image_id)["parent_id"] is None
    assert rows() == []
    with backend.adapters.storage.open(image["image"].partition("/media/")[2].partition("?")[0]) as stored:
        assert opened(stored.read()).size == (80, 60)
    assert_clean()


def test_what_is_cached_is_not_rendered_again_to_be_kept(
    make: Make, transform: Transform, watched: Watched, watched_client: FlaskClient
) -> None:
    image_id = make()
    transform(image_id, "w=80", through=watched_client)
    assert transform(image_id, "w=80", save=True, through=watched_client).get_json()["cached"] is True
    assert len(watched.orders) == 1


def test_an_image_outlives_the_one_that_it_was_made_from(
    client: FlaskClient, people: People, make: Make, transform: Transform, look: Look, tick: Callable[[], clock.Tick]
) -> None:
    image_id = make()
    made = transform(image_id, "w=80", save=True).get_json()["id"]
    before = client.get(f"{URL}/{made}", headers=people.owner.headers).headers["ETag"]
    client.delete(f"{URL}/{image_id}", headers=people.owner.headers)
    tick()
    answer = client.get(f"{URL}/{made}", headers={**people.owner.headers, "If-None-Match": before})
    assert (answer.status_code, answer.get_json()["parent_id"], answer.get_json()["recipe"]) == (200, None, "w=80")


def test_no_more_is_kept_than_the_quota_allows(
    people: People,
    make: Make,
    transform: Transform,
    execute: Callable[[Any], None],
    backend: Backend,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()
    before = {each.key for each in backend.adapters.storage.objects()}
    execute(sa.update(User).where(User.id == uuid.UUID(people.owner.id)).values(storage_quota=User.storage_used + 10))
    answer = transform(image_id, "w=80", save=True)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "quota_exceeded")
    tick()
    assert {each.key for each in backend.adapters.storage.objects()} == before
    assert_clean()
    # A file that is not kept as an image takes no part of it.
    assert transform(image_id, "w=80").status_code == 200


@every_backend
def test_a_repeat_makes_no_second_image(client: FlaskClient, people: People, make: Make, transform: Transform) -> None:
    image_id, key = make(), {"Idempotency-Key": str(new_id())}
    first, again = (transform(image_id, "w=80", save=True, headers=key) for _ in range(2))
    assert (again.status_code, again.get_json()["id"], again.headers["Location"]) == (
        201,
        first.get_json()["id"],
        first.headers["Location"],
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(client.get(URL, headers=people.owner.headers).get_json()) == 2


def test_a_repeat_of_an_image_that_is_deleted_makes_no_other(client: FlaskClient, people: People, make: Make, transform: Transform) -> None:
    image_id, key = make(), {"Idempotency-Key": str(new_id())}
    first = transform(image_id, "w=80", save=True, headers=key)
    client.delete(first.headers["Location"], headers=people.owner.headers)
    again = transform(image_id, "w=80", save=True, headers=key)
    assert (again.status_code, again.get_json()["code"], "Idempotency-Replayed" in again.headers) == (410, "result_gone", False)
    assert len(client.get(URL, headers=people.owner.headers).get_json()) == 1


def test_what_no_image_can_be_is_told(make: Make, transform: Transform) -> None:
    assert field_error(transform(make(), "w=80/f=tiff", save=True)) == ("/recipe", "not_kept_as_image")


def test_an_image_that_is_deleted_while_it_is_rendered_has_no_child(
    client: FlaskClient,
    people: People,
    backend: Backend,
    make: Make,
    transform: Transform,
    watched: Watched,
    watched_client: FlaskClient,
    tick: Callable[[], clock.Tick],
    assert_clean: Callable[[], None],
) -> None:
    image_id = make()
    watched.meanwhile = lambda: client.delete(f"{URL}/{image_id}", headers=people.owner.headers)
    assert transform(image_id, "w=80", save=True, through=watched_client).status_code == 404
    tick()
    assert list(backend.adapters.storage.objects()) == []
    assert_clean()


def test_strict_keeps_nothing_that_was_made_with_a_warning(
    client: FlaskClient, people: People, make: Make, transform: Transform, rows: Rows
) -> None:
    answer = transform(make(pictures.png(), "a.png"), "w=16/f=jpeg", save=True, strict=True)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "strict_warnings")
    assert len(client.get(URL, headers=people.owner.headers).get_json()) == 1
    found: list[DerivedFile] = rows()
    assert found == []
