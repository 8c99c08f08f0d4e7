"""POST /api/v1/images."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests import pictures
from tests.conftest import People

pytestmark = pytest.mark.every_backend


def test_upload_answers_201_with_the_image_and_where_it_is(client: FlaskClient, people: People) -> None:
    answer = client.post(
        "/api/v1/images", headers=people.owner.headers, data={"image": (io.BytesIO(pictures.jpeg()), "blue.jpg"), "title": "Blue"}
    )
    assert answer.status_code == 201
    assert answer.json["status"] == "processing"
    assert answer.json["title"] == "Blue"
    assert answer.headers["Location"] == f"/api/v1/images/{answer.json['id']}"


def test_an_uploaded_image_becomes_ready_and_described(client: FlaskClient, people: People, work: Callable[[], int]) -> None:
    made = client.post("/api/v1/images", headers=people.owner.headers, data={"image": (io.BytesIO(pictures.jpeg(400, 300)), "blue.jpg")})
    assert work() == 2
    image = client.get(made.headers["Location"], headers=people.owner.headers).json
    assert image["status"] == "ready"
    assert image["ai"]["description"] == "A scripted description."
    assert [each["name"] for each in image["variants"]] == ["w160.webp", "w160.jpeg", "w320.webp", "w320.jpeg", "w400.webp", "w400.jpeg"]
