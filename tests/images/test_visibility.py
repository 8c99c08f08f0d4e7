"""Who may see an image: told at the upload, changed by PATCH /api/v1/images/{id}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import People
from tests.images.conftest import URL

Ready = Callable[..., dict[str, Any]]
WORDS = ("private", "unlisted", "public")


@pytest.mark.every_database
def test_it_is_what_the_upload_says_and_then_what_a_patch_says(client: FlaskClient, people: People, ready: Ready) -> None:
    images = {word: ready(name=f"{word}.jpg", visibility=word) for word in WORDS}
    assert ready(name="unsaid.jpg")["visibility"] == "private"
    for word, image in images.items():
        assert (image["visibility"], image["is_public"]) == (word, word == "public")
        found = client.get(f"{URL}?visibility={word}", headers=people.owner.headers).get_json()
        assert image["id"] in {each["id"] for each in found}
        assert {each["visibility"] for each in found} == {word}
    own = images["private"]["links"]["self"]
    tag = client.get(own, headers=people.owner.headers).headers["ETag"]
    for word in ("public", "unlisted", "private", "public"):
        changed = client.patch(own, json={"visibility": word}, headers={**people.owner.headers, "If-Match": tag})
        assert (changed.status_code, changed.get_json()["visibility"]) == (200, word)
        assert changed.headers["ETag"] != tag
        tag = changed.headers["ETag"]
        again = client.patch(own, json={"visibility": word}, headers=people.owner.headers)
        assert again.headers["ETag"] == tag
    late = client.patch(own, json={"visibility": "private"}, headers={**people.owner.headers, "If-Match": '"1-1"'})
    assert late.status_code == 412
    assert client.get(own, headers=people.owner.headers).get_json()["visibility"] == "public"
    assert client.patch(own, json={"visibility": "private"}, headers=people.stranger.headers).status_code == 404
