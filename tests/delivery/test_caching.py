"""What caches are told, and that nothing is opened any more once it is withdrawn, deleted or looks otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import pictures
from tests.conftest import Backend, People
from tests.delivery.conftest import Open, Show, Sign
from tests.transformations.conftest import Make, Rows, Watched

OPENS = (200, 302)


@pytest.mark.every_backend
def test_nothing_of_a_private_picture_may_be_kept_by_others(backend: Backend, make: Make, show: Show, sign: Sign, opened: Open) -> None:
    image_id = make()
    expires = int(time.time()) + 3600
    for visibility in ("private", "unlisted"):
        show(image_id, visibility)
        path = sign(image_id, "w=70", expires=expires)
        tag = opened(path).headers.get("ETag", "")
        asked = [{}, {"Range": "bytes=0-9"}, {"Range": "bytes=999999-"}, {"If-None-Match": tag or "*"}, {"Accept": "image/avif"}]
        answers = [opened(path, headers=headers, method=method) for headers in asked for method in ("GET", "HEAD")]
        answers += [opened(sign(image_id, "w=70", form=None, expires=expires)), opened(sign(image_id, "w=70"))]
        assert {answer.status_code for answer in answers} >= {OPENS[backend.settings.storage == "s3"], 404}
        for answer in answers:
            kept = answer.headers["Cache-Control"]
            assert kept.startswith(("private, ", "no-store")), (answer.status_code, kept)


@pytest.mark.every_backend
def test_every_address_is_404_from_the_answer_on_that_withdraws_deletes_or_changes_the_picture(
    backend: Backend, client: FlaskClient, people: People, make: Make, show: Show, sign: Sign, opened: Open, rows: Rows
) -> None:
    url, headers = "/api/v1/images", people.owner.headers
    until = int(time.time()) + 3600

    def addresses(image_id: str) -> list[str]:
        return [
            sign(image_id, "w=70"),
            sign(image_id, "w=70", form=None),
            sign(image_id, "w=71", expires=until),
            f"/i/_/t=thumb/{sign(image_id).rpartition('/')[2]}",
        ]

    def statuses(paths: list[str]) -> list[int]:
        return [opened(path).status_code for path in paths]

    withdrawn, deleted, refocused = make(), make(), make()
    for image_id in (withdrawn, deleted, refocused):
        show(image_id, "public")
    paths = {image_id: addresses(image_id) for image_id in (withdrawn, deleted, refocused)}
    for _ in range(2):
        assert all(status in OPENS for each in paths.values() for status in statuses(each))
    kept = {row.key for row in rows() if str(row.image_id) == refocused}

    show(withdrawn, "private")
    # What has an end is for whoever was given it, published or not.
    first, second, third, fourth = statuses(paths[withdrawn])
    assert (first, second, fourth) == (404, 404, 404)
    assert third in OPENS
    assert client.delete(f"{url}/{deleted}", headers=headers).status_code == 204
    assert statuses(paths[deleted]) == [404] * 4
    assert client.patch(f"{url}/{refocused}", json={"focal_point": {"x": 0.1, "y": 0.9}}, headers=headers).status_code == 200
    assert statuses(paths[refocused]) == [404] * 4
    assert all(status in OPENS for status in statuses(addresses(refocused)))
    if backend.settings.storage == "local":
        assert not kept & {stored.key for stored in backend.adapters.storage.objects()}


def test_an_account_that_is_closed_is_not_shown_from_memory_for_longer_than_caches_may(
    make_app: Callable[..., Flask], client: FlaskClient, people: People, make: Make, show: Show, sign: Sign, opened: Open
) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id)
    at_once = make_app(public_seconds=0).test_client()
    for _ in range(2):
        answer = opened(path, through=at_once)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=0")
    password = {"password": people.owner.password}
    assert client.delete("/api/v1/auth/profile", json=password, headers=people.owner.headers).status_code == 204
    # The images are still there: the work that removes them has not begun.
    assert opened(path, through=at_once).status_code == 404


@pytest.mark.every_backend
def test_a_cdn_before_the_bucket_is_for_public_pictures_alone(
    backend: Backend,
    make_app: Callable[..., Flask],
    make: Make,
    show: Show,
    sign: Sign,
    opened: Open,
    rows: Rows,
    follow: Callable[[TestResponse], bytes],
) -> None:
    image_id = make()
    with_cdn = make_app(cdn_base_url="https://cdn.example.org/pictures/").test_client()
    private = opened(sign(image_id, expires=int(time.time()) + 3600), through=with_cdn)
    assert follow(private)
    assert private.headers["Cache-Control"].startswith("private, ")
    show(image_id, "public")
    public = opened(sign(image_id, form=None), through=with_cdn)
    if backend.settings.storage == "local":
        assert public.status_code == 200
        return
    (row,) = rows()
    assert (public.status_code, public.headers["Location"]) == (302, f"https://cdn.example.org/pictures/{row.key}")
    assert (public.headers["Cache-Control"], public.headers["Vary"]) == ("public, max-age=60", "Accept")
    # What is to end, or to be saved, is told the storage for each reader.
    for more in ({"expires": int(time.time()) + 60}, {"download": True}):
        assert not opened(sign(image_id, form=None, **more), through=with_cdn).headers["Location"].startswith("https://cdn.")


def test_who_has_planned_before_a_withdrawal_is_not_shown_what_was_made_since(
    make: Make, show: Show, sign: Sign, opened: Open, rows: Rows, watched: Watched, watched_client: FlaskClient
) -> None:
    image_id = make()
    show(image_id, "public")
    path, until = sign(image_id), int(time.time()) + 3600

    def withdraw() -> None:
        watched.meanwhile = lambda: None
        show(image_id, "private")
        # Somebody with an address of their own has the same file made for the private folder meanwhile, by another process.
        assert opened(sign(image_id, expires=until)).status_code == 200

    watched.meanwhile = withdraw
    assert opened(path, through=watched_client).status_code == 404
    # Nothing more was made for whoever may not see it.
    assert len(watched.orders) == 1
    assert [row.key.partition(image_id)[0] for row in rows()] == ["derived/private/"]


def test_what_cannot_be_rendered_is_tried_once_for_all_who_open_it(
    make: Make, show: Show, sign: Sign, opened: Open, watched: Watched, watched_client: FlaskClient
) -> None:
    image_id = make()
    show(image_id, "public")
    answers = [opened(sign(image_id, "w=150/mb=30", form="png"), through=watched_client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert len({answer.get_json()["detail"] for answer in answers}) == 1
    assert len(watched.orders) == 1


def test_a_watermark_that_is_gone_takes_its_addresses_with_it(
    client: FlaskClient, people: People, make: Make, show: Show, sign: Sign, opened: Open, make_app: Callable[..., Flask]
) -> None:
    image_id, logo = make(), make(pictures.png(20, 20), "logo.png")
    show(image_id, "public")
    version = sign(logo).rpartition("@")[2].partition(".")[0]
    path = sign(image_id, f"w=80/wm={logo}@{version},ws=0.5")
    # One that remembers nothing for longer than a look.
    forgetful = make_app(public_seconds=0).test_client()
    assert [opened(path, through=forgetful).status_code for _ in range(2)] == [200, 200]
    assert client.delete(f"/api/v1/images/{logo}", headers=people.owner.headers).status_code == 204
    assert opened(path, through=forgetful).status_code == 404


def test_caches_learn_that_an_answer_depends_on_the_origin(
    make_app: Callable[..., Flask], make: Make, show: Show, sign: Sign, opened: Open
) -> None:
    image_id = make()
    show(image_id, "public")
    path, page = sign(image_id), make_app(cors_origins=("https://app.example.org",)).test_client()
    for origin in ({}, {"Origin": "https://app.example.org"}, {"Origin": "https://elsewhere.example"}, {}):
        answer = opened(path, headers=origin, through=page)
        assert "Origin" in answer.headers["Vary"], origin


def test_a_browser_that_asks_by_tag_and_time_is_answered_from_memory(
    make: Make, show: Show, sign: Sign, opened: Open, statements: list[str]
) -> None:
    image_id = make()
    show(image_id, "public")
    path = sign(image_id)
    first, _second = opened(path), opened(path)
    statements.clear()
    known = {"If-None-Match": first.headers["ETag"], "If-Modified-Since": first.headers["Last-Modified"]}
    assert (opened(path, headers=known).status_code, statements) == (304, [])
    other = {**known, "If-None-Match": '"something else"'}
    assert (opened(path, headers=other).status_code, statements) == (200, [])
