"""POST and PATCH /api/v1/images/{id}/share: who publishes, what they are told, and what is refused."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aizen.database import utc_now
from tests import pictures
from tests.auth.test_api_keys import bearing, made
from tests.conftest import People
from tests.gallery.conftest import Change
from tests.gallery.visiting import GALLERY, publish, seen
from tests.images.conftest import URL, Upload

Ready = Callable[..., dict[str, Any]]
Keep = Callable[..., str]
OLD = "/api/images"


@pytest.mark.every_database
def test_it_publishes_and_withdraws_and_answers_the_owners_image(client: FlaskClient, people: People, keep: Keep) -> None:
    image = keep("Lake")
    steps: tuple[tuple[str, dict[str, Any], str, str | None], ...] = (
        ("POST", {}, "public", "alt_missing"),
        ("POST", {"json": {}}, "public", "alt_missing"),
        ("PATCH", {"json": {"is_public": False}}, "private", None),
        ("POST", {"json": {"visibility": "unlisted"}}, "unlisted", "alt_missing"),
        ("PATCH", {"json": {"is_public": True}}, "public", "alt_missing"),
        ("PATCH", {"json": {"is_public": False, "visibility": "unlisted"}}, "unlisted", "alt_missing"),
        ("POST", {"json": {"is_public": False}}, "private", None),
    )
    for method, sent, visibility, warning in steps:
        answer = publish(client, people.owner, image, method=method, **sent)
        body = answer.get_json()
        assert (answer.status_code, body["visibility"], body["is_public"]) == (200, visibility, visibility == "public"), sent
        assert (body.pop("warnings"), answer.headers.get("Aizen-Warnings")) == ([warning] if warning else [], warning), sent
        own = client.get(f"{URL}/{image}", headers=people.owner.headers)
        assert (body, answer.headers["ETag"]) == (own.get_json(), own.headers["ETag"])
        assert seen(client) == ([image] if visibility == "public" else [])
        assert client.get(f"{GALLERY}/{image}").status_code == (404 if visibility == "private" else 200)


def test_it_warns_until_somebody_has_said_what_the_picture_tells(client: FlaskClient, people: People, keep: Keep) -> None:
    image = keep("Lake", alt_status="suggested", ai_alt="A lake", ai_provider="scripted")
    own = f"{URL}/{image}"
    assert publish(client, people.owner, image).get_json()["warnings"] == ["alt_missing"]
    for words, warning in (
        ({"alt_status": "approved"}, None),
        ({"alt_status": "missing"}, "alt_missing"),
        ({"alt_status": "decorative"}, None),
    ):
        answer = client.patch(own, headers=people.owner.headers, json={**words, "visibility": "public"})
        assert answer.headers.get("Aizen-Warnings") == warning
        assert publish(client, people.owner, image).get_json()["warnings"] == ([warning] if warning else [])
    client.patch(own, headers=people.owner.headers, json={"alt_status": "missing"})
    assert "Aizen-Warnings" not in client.patch(own, headers=people.owner.headers, json={"visibility": "private"}).headers


def test_an_upload_that_publishes_warns_too(upload: Upload) -> None:
    assert upload(visibility="public").headers["Aizen-Warnings"] == "alt_missing"
    for fields in ({"visibility": "public", "alt": "A blue field"}, {}):
        assert "Aizen-Warnings" not in upload(**fields).headers


def test_strangers_get_404_and_nobody_401_and_nothing_happens(client: FlaskClient, people: People, keep: Keep) -> None:
    image, unknown = keep("Lake"), str(uuid.uuid4())
    for method in ("POST", "PATCH"):
        answers = [publish(client, people.stranger, each, method=method, json={"is_public": True}) for each in (image, unknown)]
        bodies = [{**each.get_json(), "instance": "", "request_id": ""} for each in answers]
        assert [each.status_code for each in answers] == [404, 404]
        assert bodies[0] == bodies[1]
        assert client.open(f"{URL}/{image}/share", method=method, json={"is_public": True}).status_code == 401
    assert seen(client) == []


def test_what_cannot_be_meant_is_422_and_what_has_changed_412(client: FlaskClient, people: People, keep: Keep) -> None:
    image = keep("Lake")
    refused: tuple[tuple[str, dict[str, Any], str, str], ...] = (
        ("PATCH", {}, "/is_public", "required"),
        ("PATCH", {"is_public": "perhaps"}, "/is_public", "invalid"),
        ("PATCH", {"visibility": "friends"}, "/visibility", "not_a_choice"),
        ("PATCH", {"is_public": True, "visibility": "unlisted"}, "/is_public", "disagrees"),
        ("POST", {"is_public": False, "visibility": "public"}, "/is_public", "disagrees"),
        ("POST", {"public": True}, "/public", "unknown_field"),
    )
    for method, sent, pointer, code in refused:
        answer = publish(client, people.owner, image, method=method, json=sent)
        (error,) = answer.get_json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, pointer), sent
        assert code in ("invalid", error["code"]), sent
    stale = publish(client, people.owner, image, method="PATCH", json={"is_public": True}, headers={"If-Match": '"9-9"'})
    assert (stale.status_code, seen(client)) == (412, [])


@pytest.mark.every_database
def test_what_has_no_picture_or_lies_in_the_trash_is_409(client: FlaskClient, people: People, keep: Keep, change: Change) -> None:
    none, failed, trashed = keep(status="generating"), keep(status="failed"), keep()
    change(none, key=None, format=None, media_type=None, sha256=None)
    change(trashed, trashed_at=utc_now(), visibility_before_trash="public")
    for image, code in ((none, "no_picture"), (failed, "no_picture"), (trashed, "trashed")):
        for method, sent in (("POST", None), ("PATCH", {"is_public": True}), ("PATCH", {"visibility": "unlisted"})):
            answer = publish(client, people.owner, image, method=method, json=sent)
            assert (answer.status_code, answer.get_json()["code"]) == (409, code), (method, sent)
    withdrawn = publish(client, people.owner, trashed, method="PATCH", json={"is_public": False})
    assert (withdrawn.status_code, withdrawn.get_json()["code"]) == (409, "trashed")
    patched = client.patch(f"{URL}/{trashed}", headers=people.owner.headers, json={"visibility": "public"})
    assert (patched.status_code, patched.get_json()["code"]) == (409, "trashed")
    own = [client.get(f"{URL}/{each}", headers=people.owner.headers).get_json()["visibility"] for each in (none, failed, trashed)]
    assert own == ["private"] * 3


def test_an_image_that_is_being_resized_is_listed_once_it_can_be_seen(
    client: FlaskClient, people: People, upload: Upload, work: Callable[[], int]
) -> None:
    image = upload().get_json()["id"]
    assert publish(client, people.owner, image).status_code == 200
    assert (seen(client), client.get(f"{GALLERY}/{image}").status_code) == ([], 404)
    work()
    assert (seen(client), client.get(f"{GALLERY}/{image}").status_code) == ([image], 200)


@pytest.mark.every_database
def test_the_same_key_shares_once_and_shows_the_image_as_it_is(client: FlaskClient, people: People, keep: Keep) -> None:
    image, key = keep("Lake"), {"Idempotency-Key": "once"}
    assert "Idempotency-Replayed" not in publish(client, people.owner, image, headers=key).headers
    publish(client, people.owner, image, method="PATCH", json={"is_public": False})
    replayed = publish(client, people.owner, image, headers=key)
    assert (replayed.status_code, replayed.headers["Idempotency-Replayed"]) == (200, "true")
    # It was done once: what its owner has withdrawn since stays so.
    assert (replayed.get_json()["visibility"], seen(client)) == ("private", [])
    other = publish(client, people.owner, keep("Hill"), headers=key)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")


def test_a_key_that_may_not_share_does_not_publish_in_any_other_way(client: FlaskClient, people: People, keep: Keep) -> None:
    image, other = keep("Lake"), keep("Hill", visibility="public")
    writes = bearing(made(client, people.owner, scopes=("images:read", "images:write"))["key"])
    shares = bearing(made(client, people.owner, scopes=("images:read", "shares:write"))["key"])

    def upload(visibility: str, path: str = URL, **fields: str) -> Any:
        data = {"image": (io.BytesIO(pictures.jpeg()), "a.jpg"), "visibility": visibility, **fields}
        return client.post(path, headers=writes, data=data)

    tried = [
        client.post(f"{URL}/{image}/share", headers=writes),
        client.patch(f"{URL}/{image}/share", headers=writes, json={"is_public": True}),
        client.patch(f"{URL}/{image}", headers=writes, json={"visibility": "public", "title": "x"}),
        client.patch(f"{URL}/{image}", headers=writes, json={"visibility": "unlisted"}),
        upload("public"),
        upload("unlisted"),
        upload("public", f"{OLD}/upload/", is_public="true"),
        client.post(URL, headers=writes, json={"url": "http://pictures.test/a", "visibility": "public"}),
    ]
    assert [(each.status_code, each.get_json()["code"]) for each in tried] == [(403, "scope_missing")] * len(tried)
    assert "shares:write" in tried[2].headers["WWW-Authenticate"]
    (first, second) = client.get(URL, headers=people.owner.headers).get_json()
    assert {(each["title"], each["visibility"]) for each in (first, second)} == {("Lake", "private"), ("Hill", "public")}
    assert client.patch(f"{URL}/{other}", headers=writes, json={"visibility": "private"}).status_code == 200
    assert upload("private").status_code == 201
    assert client.post(f"{URL}/{image}/share", headers=shares).status_code == 200
    assert seen(client) == [image]
    # Out of the trash it would come back to everybody.
    assert client.post(f"{URL}/{image}/trash", headers=writes).status_code == 200
    restored = client.post(f"{URL}/{image}/restore", headers=writes)
    (in_batch,) = client.post(f"{URL}/batch", headers=writes, json={"action": "restore", "ids": [image]}).get_json()["results"]
    assert (restored.status_code, restored.get_json()["code"], in_batch["error"]["code"]) == (403, "scope_missing", "scope_missing")
    assert seen(client) == []
    assert client.post(f"{URL}/{image}/restore", headers=people.owner.headers).status_code == 200
    assert seen(client) == [image]


def test_a_key_that_may_not_look_at_images_is_shown_none_by_sharing_it(client: FlaskClient, people: People, keep: Keep) -> None:
    image = keep("Lake")
    shares = bearing(made(client, people.owner, scopes=("shares:write",))["key"])
    for answer in (
        client.post(f"{URL}/{image}/share", headers=shares),
        client.patch(f"{URL}/{image}/share", headers=shares, json={"is_public": False}),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (403, "scope_missing")
        assert "images:read" in answer.headers["WWW-Authenticate"]
    assert seen(client) == []


def test_nobody_publishes_before_their_address_is_confirmed_and_everybody_withdraws(
    make_app: Callable[..., Flask], people: People, keep: Keep
) -> None:
    client, image, shown = make_app(email_verification="required").test_client(), keep("Lake"), keep("Hill", visibility="public")
    headers = people.owner.headers
    tried = [
        publish(client, people.owner, image),
        publish(client, people.owner, image, method="PATCH", json={"is_public": True}),
        publish(client, people.owner, image, method="PATCH", json={"visibility": "unlisted"}),
        client.patch(f"{URL}/{image}", headers=headers, json={"visibility": "public"}),
        client.patch(f"{URL}/{image}", headers=headers, json={"visibility": "unlisted"}),
    ]
    assert [(each.status_code, each.get_json()["code"]) for each in tried] == [(403, "email_not_verified")] * len(tried)
    assert seen(client) == [shown]
    assert client.patch(f"{URL}/{image}", headers=headers, json={"title": "Tarn"}).status_code == 200
    assert publish(client, people.owner, shown, method="PATCH", json={"is_public": False}).status_code == 200
    assert seen(client) == []
    confirmed = people.admin
    assert publish(client, confirmed, keep("Tarn", person=confirmed)).status_code == 200


@pytest.mark.every_database
def test_old_clients_share_by_form_and_page_by_number(client: FlaskClient, people: People, keep: Keep) -> None:
    images = [keep(f"Lake {number}") for number in range(5)]
    ways: tuple[dict[str, Any], ...] = ({}, {"data": {"is_public": "True"}}, {"json": {}}, {}, {})
    for image, sent in zip(images, ways, strict=True):
        answer = client.post(f"{OLD}/{image}/share/", headers=people.owner.headers, **sent)
        assert (answer.status_code, answer.get_json()["is_public"], answer.get_json()["status"]) == (200, True, "READY")
    withdrawn = client.patch(f"{OLD}/{images[0]}/share/", headers=people.owner.headers, data={"is_public": "False", "user": "me"})
    assert (withdrawn.status_code, withdrawn.get_json()["is_public"]) == (200, False)
    refused = client.patch(f"{OLD}/{images[0]}/share/", headers=people.owner.headers, json={})
    assert (refused.status_code, list(refused.get_json()["is_public"])) == (400, ["Must be sent, or visibility in its place."])
    assert client.post(f"{OLD}/{images[0]}/share/", headers=people.stranger.headers).status_code == 404

    def listed(query: str) -> list[str]:
        answer = client.get(f"{OLD}/public/?{query}")
        assert {each["status"] for each in answer.get_json()} == {"READY"}
        return [each["id"] for each in answer.get_json()]

    newest = images[:0:-1]
    assert listed("") == listed("limit=1000&ordering=title") == listed("search=lake") == newest
    assert [listed(f"page={page}&limit=3") for page in (1, 2)] == [newest[:3], newest[3:]]
    assert listed("search=lake&page=2&limit=3") == newest[3:]
    link = client.get(f"{OLD}/public/?limit=3").headers["Link"]
    assert link.startswith(f"<{OLD}/public/?")
    assert listed(link[1:].partition(">")[0].partition("?")[2]) == newest[3:]
    beyond = client.get(f"{OLD}/public/?page=3&limit=3")
    assert (beyond.status_code, beyond.get_json()["detail"]) == (404, "Invalid page.")
    for query in ("page=0", "page=12", "page=1000000", "page=2&cursor=x", "limit=1001", "search=is:ready"):
        assert client.get(f"{OLD}/public/?{query}").status_code == 400, query
