"""Images in the gallery and with share links, and those who open them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.database import db
from aizen.images import models
from tests import pictures
from tests.conftest import People
from tests.images.conftest import ready, shelve, upload
from tests.images.test_search import keep

__all__ = ["keep", "ready", "shelve", "upload"]

Image = dict[str, Any]
Link = dict[str, Any]
Share = Callable[..., Link]
Change = Callable[..., None]


@pytest.fixture
def image(ready: Callable[..., Image]) -> Image:
    """The owner's image, private, with two widths."""
    return ready(pictures.jpeg(400, 300), title="Picos de Europa", description="First light.\nSeen from Sotres.", alt="Grey peaks")


@pytest.fixture
def share(client: FlaskClient, people: People) -> Share:
    """Makes a link to an image on these terms, and answers it as its owner sees it."""

    def make(image: Image, **terms: Any) -> Link:
        made = client.post(f"/api/v1/images/{image['id']}/links", headers=people.owner.headers, json=terms)
        assert made.status_code == 201, made.text
        link: Link = made.get_json()
        return link

    return make


@pytest.fixture
def change(app: Flask) -> Change:
    """Writes values into the row of an image, as nobody could by the API."""

    def write(image_id: str, **values: Any) -> None:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(models.Image).where(models.Image.id == uuid.UUID(image_id)).values(values))

    return write
