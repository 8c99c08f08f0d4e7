"""Addresses of an image that lies in the trash open nothing, whoever has them, from the answer on that put it there."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.images.files import public_name
from aizen.web import addresses
from tests.conftest import Backend, People
from tests.delivery.conftest import Open, Show, Sign
from tests.transformations.conftest import Make, Rows, Watched

URL = "/api/v1/images"
Move = Callable[[str, str], None]


@pytest.fixture
def move(client: FlaskClient, people: People) -> Move:
    """The owner puts an image into the trash (``trash``), or takes it out (``restore``)."""

    def send(image_id: str, verb: str) -> None:
        answer = client.post(f"{URL}/{image_id}/{verb}", headers=people.owner.headers)
        assert answer.status_code == 200, answer.text

    return send


@pytest.mark.every_backend
def test_no_address_opens_until_it_is_restored_and_no_file_is_left(
    client: FlaskClient,
    people: People,
    backend: Backend,
    make: Make,
    sign: Sign,
    opened: Open,
    move: Move,
    rows: Rows,
    tick: Callable[[], object],
) -> None:
    for visibility in ("public", "private"):
        image_id = make(visibility=visibility)
        own = client.get(f"{URL}/{image_id}", headers=people.owner.headers).get_json()
        expires = int(time.time()) + 3600
        addresses_of_it = [sign(image_id, "w=40", expires=expires), sign(image_id, "w=40", form=None, expires=expires)]
        if visibility == "public":
            key = urlsplit(own["variants"][0]["url"]).path.removeprefix("/media/")
            addresses_of_it += [sign(image_id, "w=50"), addresses.Signed(backend.settings, audience="public").path(public_name(key))]

        def answers(those: list[str] = addresses_of_it) -> set[int]:
            return {opened(each).status_code for each in those}

        for _ in range(2):
            assert answers() <= {200, 302}
            assert [each for each in rows() if str(each.image_id) == image_id]
            move(image_id, "trash")
            assert answers() == {404}
            assert not [each for each in rows() if str(each.image_id) == image_id]
            if backend.settings.storage == "local":
                assert not [each.key for each in backend.adapters.storage.objects("derived/") if image_id in each.key]
            # In a bucket the clock has to remove a file before it can be made again.
            tick()
            move(image_id, "restore")
            assert answers() <= {200, 302}


def test_a_watermark_in_the_trash_is_on_no_picture(
    client: FlaskClient, people: People, make: Make, opened: Open, move: Move, show: Show
) -> None:
    image_id, mark = make(visibility="public"), make(name="mark.jpg")
    signed = client.post(f"{URL}/sign", headers=people.owner.headers, json={"ids": [image_id], "recipes": [f"w=80/wm={mark}"]})
    path = urlsplit(signed.get_json()[0]["url"]).path
    assert opened(path).status_code == 200
    move(mark, "trash")
    assert opened(path).status_code == 404
    move(mark, "restore")
    assert opened(path).status_code == 200


@pytest.mark.every_database
@pytest.mark.parametrize("visibility", ["public", "private"])
def test_who_waits_for_a_picture_while_it_is_put_away_is_not_shown_it(
    make: Make, sign: Sign, opened: Open, move: Move, rows: Rows, watched: Watched, watched_client: FlaskClient, visibility: str
) -> None:
    image_id = make(visibility=visibility)
    path = sign(image_id, "w=64", expires=int(time.time()) + 3600)
    watched.meanwhile = lambda: move(image_id, "trash")
    answer: TestResponse = opened(path, through=watched_client)
    assert (answer.status_code, len(watched.orders), rows()) == (404, 1, [])
