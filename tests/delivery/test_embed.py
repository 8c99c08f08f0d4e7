"""GET /api/v1/images/{id}/embed."""

from __future__ import annotations

import html
import uuid
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from markdown_it import MarkdownIt

from aizen.delivery import address, embedding
from aizen.images.models import Image
from aizen.imaging.prediction import predict
from aizen.settings import Settings
from aizen.transformations.recipe import read_url
from tests import pictures
from tests.conftest import People
from tests.delivery.conftest import Open, Show
from tests.transformations.conftest import Make

Embed = Callable[..., dict[str, Any]]


@pytest.fixture
def embed(client: FlaskClient, people: People) -> Embed:
    """What shows the owner's image."""

    def ask(image_id: str, kind: str = "html") -> dict[str, Any]:
        answer = client.get(f"/api/v1/images/{image_id}/embed?as={kind}", headers=people.owner.headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Cache-Control"] == "private, no-cache"
        return dict(answer.get_json())

    return ask


class Elements(HTMLParser):
    """The elements of a text with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def path_of(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


def test_a_picture_element_has_every_format_and_size_and_each_address_opens(make: Make, show: Show, embed: Embed, opened: Open) -> None:
    image_id = make(pictures.jpeg(700, 350))
    show(image_id, "public")
    told = embed(image_id)
    assert (told["as"], told["expires_at"], told["warnings"]) == ("html", None, ["alt_missing"])
    elements = Elements(told["text"]).found
    assert [tag for tag, _ in elements] == ["picture", "source", "source", "img"]
    assert [attributes.get("type") for _, attributes in elements] == [None, "image/avif", "image/webp", None]
    image = elements[-1][1]
    assert (image["width"], image["height"], image.get("alt"), image["loading"]) == ("700", "350", None, "lazy")
    assert image["style"] == "max-width:100%;height:auto"
    for (_, attributes), form in zip(elements[1:], ("avif", "webp", "jpeg"), strict=True):
        offered = [each.split(" ") for each in str(attributes["srcset"]).split(", ")]
        assert [width for _, width in offered] == ["160w", "320w", "640w", "700w"]
        for url, width in offered:
            answer = opened(path_of(url))
            assert (answer.status_code, answer.content_type) == (200, f"image/{form}"), width
            assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert image["src"] == str(image["srcset"]).split(", ")[-1].split(" ")[0]


def test_a_private_picture_is_embedded_for_as_long_as_its_addresses_live(make: Make, embed: Embed, opened: Open) -> None:
    image_id = make()
    for kind in ("html", "markdown", "url"):
        told = embed(image_id, kind)
        assert told["expires_at"] is not None
        assert "exp=" in told["text"]
    url = embed(image_id, "url")["text"]
    answer = opened(path_of(url), headers={"Accept": "image/avif"})
    assert (answer.status_code, answer.content_type, answer.headers["Vary"]) == (200, "image/avif", "Accept")


def test_hostile_words_stay_words(client: FlaskClient, people: People, make: Make, embed: Embed) -> None:
    alt = '"><script>alert(1)</script> [a](javascript:b) ![c](d) \\ `e` & <b>'
    image_id = make(alt=alt, title=alt)
    (image,) = [attributes for tag, attributes in Elements(embed(image_id)["text"]).found if tag == "img"]
    assert image["alt"] == alt
    assert "<script" not in embed(image_id)["text"]
    shown = embed(image_id, "markdown")["text"]
    inside = shown.removeprefix("![").rpartition("](")[0]
    assert inside == "".join(f"\\{each}" if not each.isalnum() and each != " " else each for each in alt)
    (read,) = MarkdownIt().parse(shown)[1].children or []
    assert (read.type, read.attrs["src"]) == ("image", embed(image_id, "url")["text"])
    assert "".join(each.content for each in read.children or []) == alt
    assert html.escape(alt) in embed(image_id)["text"]
    client.patch(f"/api/v1/images/{image_id}", json={"alt_status": "decorative"}, headers=people.owner.headers)
    decorative = embed(image_id)
    assert 'alt=""' in decorative["text"]
    assert decorative["warnings"] == []


def test_what_moves_goes_on_moving_and_what_is_transparent_stays_so(make: Make, embed: Embed, opened: Open) -> None:
    moving, transparent = make(pictures.gif(), "moving.gif"), make(pictures.png(64, 48), "logo.png")
    elements = Elements(embed(moving)["text"]).found
    assert [tag for tag, _ in elements] == ["picture", "source", "img"]
    assert opened(path_of(str(elements[-1][1]["src"]))).content_type == "image/gif"
    assert opened(path_of(str(Elements(embed(transparent)["text"]).found[-1][1]["src"]))).content_type == "image/png"


def test_nobody_else_and_nothing_else_is_answered(client: FlaskClient, people: People, make: Make) -> None:
    image_id = make()
    url = f"/api/v1/images/{image_id}/embed"
    assert client.get(url, headers=people.stranger.headers).status_code == 404
    assert client.get(url).status_code == 401
    answer = client.get(f"{url}?as=pdf", headers=people.owner.headers)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/as")
    image = client.get(f"/api/v1/images/{image_id}", headers=people.owner.headers).get_json()
    assert image["links"]["embed"] == url


def test_every_width_can_be_made_of_every_picture(settings: Settings) -> None:
    for size, widths in (
        ((100, 50), [100]),
        ((161, 90), [160, 161]),
        ((6000, 4000), [160, 320, 640, 1280, 1920]),
        ((10000, 1), [160, 320, 640, 1280, 1920]),
        ((500, 10000), [160, 204]),
        ((1, 10000), [1]),
        ((3, 20000), [1]),
    ):
        row: dict[str, Any] = {"width": size[0], "height": size[1], "frames": 1, "has_alpha": False, "visibility": "public"}
        image = Image(id=uuid.uuid4(), sha256="0" * 64, alt="", alt_status="missing", **row)
        shown = Elements(embedding.embed(image, "html", settings).text).found[-1][1]
        offered = [each.split(" ") for each in str(shown["srcset"]).split(", ")]
        assert [width for _, width in offered] == [f"{width}w" for width in widths], size
        for url, width in offered:
            steps = read_url(address.read(path_of(url), settings.signing_keys).recipe, {}).recipe.steps
            foreseen = predict(steps, size, max_side=settings.transform_max_side)
            across, down = foreseen.size or (0, 0)
            assert (f"{across}w", foreseen.warnings) == (width, ()), (size, url)
        assert (shown["width"], shown["height"]) == (str(across), str(down)), size
