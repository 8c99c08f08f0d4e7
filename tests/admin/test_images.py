"""/admin/images."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from aizen.images.models import Image
from tests.admin.conftest import Audit, Picture
from tests.conftest import Backend, People
from tests.images.conftest import opened

ADDRESS = "/api/v1/admin/images"


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.get_json()]


@pytest.mark.every_database
def test_everybodys_images_are_listed_the_newest_first_page_by_page(client: FlaskClient, people: People, picture: Picture) -> None:
    made = [picture(people.owner), picture(people.stranger), picture(people.owner)]
    first = client.get(f"{ADDRESS}?limit=2", headers=people.admin.headers)
    assert ids(first) == made[:0:-1]
    link = re.fullmatch(r'<(.+)>; rel="next"', first.headers["Link"])
    assert link is not None
    second = client.get(link[1], headers=people.admin.headers)
    assert ids(second) == made[:1]
    assert "Link" not in second.headers
    assert [each["user"]["email"] for each in first.get_json()] == [people.owner.email, people.stranger.email]


@pytest.mark.every_database
def test_images_are_found_by_owner_status_visibility_and_words(
    client: FlaskClient, people: People, picture: Picture, broken: Picture
) -> None:
    boat = picture(people.owner, title="A boat", visibility="public")
    other, failed = picture(people.stranger, title="A boat too"), broken(people.owner)

    def found(asked: str) -> list[str]:
        return ids(client.get(f"{ADDRESS}?{asked}", headers=people.admin.headers))

    assert found("") == [failed, other, boat]
    assert found(f"owner={people.owner.id}") == [failed, boat]
    assert found("status=failed") == [failed]
    assert found("visibility=public") == [boat]
    assert found("search=is:public") == [boat]
    assert found("search=before:2000") == []
    assert found("search=%21%3F") == []
    assert found(f"owner={people.stranger.id}&search=boat") == [other]
    assert found(f"owner={uuid.uuid4()}") == []
    answer = client.get(f"{ADDRESS}?search=boat", headers=people.admin.headers)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/owner")


def test_an_administrator_sees_the_variants_and_never_the_original(
    client: FlaskClient, people: People, picture: Picture, backend: Backend
) -> None:
    image = picture(people.owner, title="A boat")
    body = client.get(f"{ADDRESS}/{image}", headers=people.admin.headers).get_json()
    assert (body["title"], body["user"]["username"]) == ("A boat", "owner")
    assert body["variants"]
    for variant in body["variants"]:
        answer = opened(client, variant["url"])
        assert (answer.status_code, answer.mimetype) == (200, f"image/{variant['format']}")
    original = client.get(f"/api/v1/images/{image}", headers=people.owner.headers).get_json()["image_url"].partition("?")[0]
    assert original not in json.dumps(body)
    for address in (f"/api/v1/images/{image}", f"/api/v1/images/{image}/file"):
        assert client.get(address, headers=people.admin.headers).status_code == 404
    assert client.get(f"{ADDRESS}/{uuid.uuid4()}", headers=people.admin.headers).status_code == 404


@pytest.mark.every_database
def test_pictures_of_a_disabled_user_are_seen_by_administrators(client: FlaskClient, people: People, picture: Picture) -> None:
    image = picture(people.owner)
    before = client.get(f"/api/v1/images/{image}", headers=people.owner.headers).get_json()["image"]
    disabled = client.patch(f"/api/v1/admin/users/{people.owner.id}", headers=people.admin.headers, json={"disabled": True})
    assert disabled.status_code == 200
    variants = client.get(f"{ADDRESS}/{image}", headers=people.admin.headers).get_json()["variants"]
    assert {opened(client, variant["url"]).status_code for variant in variants} == {200}
    # What was given out lives as long as it says, and nothing more is given out.
    assert opened(client, before).status_code == 200
    assert client.get(f"/api/v1/images/{image}", headers=people.owner.headers).status_code == 401


def test_an_address_for_the_owner_outlives_the_taking_down_and_no_public_one_does(
    client: FlaskClient, people: People, picture: Picture
) -> None:
    image = picture(people.owner, visibility="public")
    own = client.get(f"/api/v1/images/{image}", headers=people.owner.headers).get_json()["image"]
    public = client.get(f"/api/v1/images/public/{image}").get_json()["image"]
    assert [opened(client, each).status_code for each in (own, public)] == [200, 200]
    client.post(f"{ADDRESS}/{image}/take-down", headers=people.admin.headers, json={})
    assert [opened(client, each).status_code for each in (own, public)] == [200, 404]
    client.delete(f"{ADDRESS}/{image}", headers=people.admin.headers)
    assert opened(client, own).status_code == 404


@pytest.mark.every_database
def test_what_is_taken_down_is_private_and_its_owner_keeps_it(client: FlaskClient, people: People, picture: Picture, audit: Audit) -> None:
    image = picture(people.owner, title="A boat", visibility="public")
    link = client.post(f"/api/v1/images/{image}/links", headers=people.owner.headers, json={}).get_json()["url"]
    assert client.get(link).status_code == 200
    answer = client.post(f"{ADDRESS}/{image}/take-down", headers=people.admin.headers, json={"reason": "Not agreed.\nBy letter."})
    assert client.get(link).status_code == 404
    assert (answer.status_code, answer.get_json()["visibility"], answer.get_json()["is_public"]) == (200, "private", False)
    seen = client.get(f"/api/v1/images/{image}", headers=people.owner.headers).get_json()
    assert (seen["visibility"], seen["title"]) == ("private", "A boat")
    (action,) = audit()
    assert (action.action, str(action.subject_id), action.subject_label) == ("image.taken_down", image, "A boat")
    assert action.detail == {
        "visibility_before": "public",
        "links_ended": 1,
        "reason": "Not agreed.\nBy letter.",
        "owner_id": people.owner.id,
    }
    assert client.post(f"{ADDRESS}/{uuid.uuid4()}/take-down", headers=people.admin.headers, json={}).status_code == 404


@pytest.mark.every_database
def test_what_lies_in_the_trash_is_listed_and_comes_back_private_once_it_is_taken_down(
    client: FlaskClient, people: People, picture: Picture, audit: Audit
) -> None:
    image, kept = picture(people.owner, title="A boat", visibility="public"), picture(people.owner, title="A boat")
    own = f"/api/v1/images/{image}"
    assert client.post(f"{own}/trash", headers=people.owner.headers).status_code == 200
    for asked, found in (
        ("", [kept, image]),
        ("trashed=true", [image]),
        ("trashed=false", [kept]),
        ("search=is:trashed", [image]),
        (f"owner={people.owner.id}", [kept, image]),
        (f"owner={people.owner.id}&search=boat", [kept, image]),
        (f"owner={people.owner.id}&search=boat&trashed=false", [kept]),
        (f"owner={people.owner.id}&search=boat&trashed=true", [image]),
    ):
        assert ids(client.get(f"{ADDRESS}?{asked}", headers=people.admin.headers)) == found, asked
    told = client.get("/api/v1/admin/overview", headers=people.admin.headers).get_json()
    assert (told["images"]["total"], told["images"]["trashed"]) == (2, 1)
    taken_down = client.post(f"{ADDRESS}/{image}/take-down", headers=people.admin.headers, json={})
    assert (taken_down.status_code, taken_down.get_json()["trashed_at"] is not None) == (200, True)
    (action,) = audit()
    assert action.detail["visibility_before"] == "public"
    restored = client.post(f"{own}/restore", headers=people.owner.headers).get_json()
    assert (restored["visibility"], restored["trashed_at"]) == ("private", None)


def test_a_taken_down_image_has_another_version(client: FlaskClient, people: People, picture: Picture) -> None:
    image = picture(people.owner, visibility="unlisted")
    tag = client.get(f"/api/v1/images/{image}", headers=people.owner.headers).headers["ETag"]
    client.post(f"{ADDRESS}/{image}/take-down", headers=people.admin.headers, json={})
    late = client.patch(f"/api/v1/images/{image}", headers={**people.owner.headers, "If-Match": tag}, json={"title": "x"})
    assert late.status_code == 412


@pytest.mark.every_backend
def test_a_deleted_image_is_gone_with_its_objects(
    client: FlaskClient, people: People, picture: Picture, backend: Backend, tick: Any, execute: Any, audit: Audit
) -> None:
    image, kept = picture(people.owner, title="A boat"), picture(people.stranger)
    answer = client.delete(f"{ADDRESS}/{image}", headers=people.admin.headers)
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get(f"/api/v1/images/{image}", headers=people.owner.headers).status_code == 404
    assert client.get(f"/api/v1/images/{kept}", headers=people.stranger.headers).status_code == 200
    tick()
    assert not [stored.key for stored in backend.adapters.storage.objects() if people.owner.id in stored.key]
    (action,) = audit()
    assert (action.action, str(action.subject_id), action.subject_label) == ("image.deleted", image, "A boat")
    assert action.detail["owner_id"] == people.owner.id
    assert client.delete(f"{ADDRESS}/{image}", headers=people.admin.headers).status_code == 404
    assert len(audit()) == 1
    execute(sa.delete(Image))
