"""/explore/{id}: the page of an image that everybody may see, as messengers, networks and search engines find it."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.database import db
from aizen.images.models import Variant
from aizen.settings import Settings
from tests import pictures
from tests.conftest import People
from tests.gallery.conftest import Change, Image
from tests.images.conftest import opened
from tests.page import INDEX, build_in

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
Publish = Callable[..., Image]


@pytest.fixture
def visitor(make_app: Callable[..., Flask], tmp_path: Path) -> FlaskClient:
    return make_app(page=build_in(tmp_path / "static")).test_client()


@pytest.fixture
def publish(client: FlaskClient, people: People, ready: Callable[..., Image]) -> Publish:
    """An image of the owner's that others see."""

    def make(data: bytes, *, name: str = "blue.jpg", visibility: str = "public", **fields: Any) -> Image:
        image = ready(data, name, **fields)
        changed = client.patch(f"/api/v1/images/{image['id']}", headers=people.owner.headers, json={"visibility": visibility})
        assert changed.status_code == 200, changed.text
        return image

    return make


def told(page: TestResponse) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page.text)
    assert len(found) == len(dict(found))
    return {name: html.unescape(value) for name, value in found}


def test_the_page_tells_of_its_image_wherever_its_address_is_shown(
    visitor: FlaskClient, publish: Publish, settings: Settings, people: People
) -> None:
    image = publish(pictures.jpeg(400, 300), title="Picos de Europa", description="First light.\nSeen from Sotres.", alt="Grey peaks")
    address = f"/explore/{image['id']}"
    # As scrapers ask, who name no type.
    page = visitor.get(address, headers={"Accept": "*/*"})
    assert (page.status_code, page.mimetype, page.headers["Cache-Control"]) == (200, "text/html", "no-cache")
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "X-Robots-Tag" not in page.headers
    tags = told(page)
    picture = tags["og:image"]
    assert {name: value for name, value in tags.items() if name != "og:image" and name.startswith("og:")} == {
        "og:type": "website",
        "og:site_name": "Aizen",
        "og:url": settings.base_url + address,
        "og:title": "Picos de Europa",
        "og:description": "First light. Seen from Sotres.",
        "og:image:type": "image/jpeg",
        "og:image:width": "400",
        "og:image:height": "300",
        "og:image:alt": "Grey peaks",
    }
    assert (tags["twitter:card"], tags["twitter:image"], tags["description"]) == ("summary_large_image", picture, tags["og:description"])
    assert picture.startswith(f"{settings.base_url}/media/")
    file = opened(visitor, picture.removeprefix(settings.base_url))
    assert (file.status_code, file.mimetype) == (200, "image/jpeg")
    assert "robots" not in tags
    assert f'<link rel="canonical" href="{settings.base_url}{address}">' in page.text
    assert re.findall("<title>.*?</title>", page.text) == ["<title>Picos de Europa · Aizen</title>"]
    # And it is the page: all of it but what it says in general.
    assert "in general" not in page.text
    assert page.text.endswith(INDEX.partition("</head>")[2])
    assert '<script type="module" crossorigin src="/assets/index-BxY1.js"></script>' in page.text
    unchanged = visitor.get(address, headers={**BROWSER, "If-None-Match": page.headers["ETag"]})
    assert unchanged.status_code == 304


def test_what_the_owner_writes_is_text(visitor: FlaskClient, publish: Publish, people: People) -> None:
    nasty = '"></title><script>alert(1)</script></head>\\1{style}&amp;'
    page = visitor.get(f"/explore/{publish(pictures.png(200, 100), title=nasty, description=nasty, alt=nasty)['id']}", headers=BROWSER)
    tags = told(page)
    assert page.text.count("<script") == page.text.count("</head>") == page.text.count("</title>") == 1
    assert tags["og:title"] == tags["og:description"] == tags["og:image:alt"] == nasty
    assert tags["og:image:type"] == "image/png"
    bare = visitor.get(f"/explore/{publish(pictures.jpeg(200, 100))['id']}", headers=BROWSER)
    assert (told(bare)["og:title"], told(bare)["og:description"]) == (
        f"A picture by {people.owner.username}",
        f"By {people.owner.username}",
    )


def test_an_unlisted_image_is_told_of_but_not_to_search_engines(visitor: FlaskClient, publish: Publish) -> None:
    image = publish(pictures.jpeg(200, 100), visibility="unlisted", title="Between us")
    page = visitor.get(f"/explore/{image['id']}", headers=BROWSER)
    assert told(page)["og:title"] == "Between us"
    assert (told(page)["robots"], page.headers["X-Robots-Tag"]) == ("noindex", "noindex")


@pytest.mark.every_database
def test_of_what_nobody_else_may_see_the_page_says_nothing(
    visitor: FlaskClient, client: FlaskClient, publish: Publish, people: People, image: Image, change: Change
) -> None:
    withdrawn = publish(pictures.jpeg(200, 100), title="Secret")
    trashed = publish(pictures.jpeg(220, 100), title="Secret")
    unready = publish(pictures.jpeg(240, 100), title="Secret")
    client.patch(f"/api/v1/images/{withdrawn['id']}", headers=people.owner.headers, json={"visibility": "private"})
    assert client.delete(f"/api/v1/images/{trashed['id']}", headers=people.owner.headers).status_code in (200, 204)
    change(unready["id"], status="processing")
    for each in (image["id"], withdrawn["id"], trashed["id"], unready["id"], str(uuid.uuid4()), "x", "x/y"):
        for headers in (BROWSER, {**BROWSER, **people.owner.headers}):
            page = visitor.get(f"/explore/{each}", headers=headers)
            assert (page.status_code, page.text) == (404, INDEX), each
        program = visitor.get(f"/explore/{each}", headers={"Accept": "application/json"})
        assert (program.status_code, program.mimetype) == (404, "application/problem+json")


def test_an_animation_is_told_of_by_a_picture_that_everything_opens(visitor: FlaskClient, publish: Publish) -> None:
    page = visitor.get(f"/explore/{publish(pictures.gif(), name='moving.gif')['id']}", headers=BROWSER)
    assert told(page)["og:image:type"] == "image/jpeg"


def test_the_canonical_address_is_the_pages_where_it_is_elsewhere(
    make_app: Callable[..., Flask], tmp_path: Path, publish: Publish, settings: Settings
) -> None:
    app = make_app(page=build_in(tmp_path / "static"), frontend_url="https://app.example.org/")
    identity = publish(pictures.jpeg(200, 100))["id"]
    tags = told(app.test_client().get(f"/explore/{identity}", headers=BROWSER))
    assert tags["og:url"] == f"https://app.example.org/explore/{identity}"
    assert tags["og:image"].startswith(f"{settings.base_url}/media/")


def test_without_a_picture_the_page_has_words_alone(visitor: FlaskClient, publish: Publish, app: Flask) -> None:
    identity = publish(pictures.jpeg(200, 100), title="Picos")["id"]
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.delete(Variant).where(Variant.image_id == uuid.UUID(identity)))
    page = visitor.get(f"/explore/{identity}", headers=BROWSER)
    assert (page.status_code, "<title>Picos · Aizen</title>" in page.text, told(page)) == (200, True, {})
