"""What a model has made says so in everything that is made of it, and in every answer that shows it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from aizen.images.models import Image
from aizen.imaging import Limits, Rights
from aizen.imaging.provenance import COMPOSITE, TRAINED
from aizen.imaging.rights import read
from aizen.imaging.stamping import stamped
from tests import pictures
from tests.conftest import Backend, People
from tests.transformations.conftest import URL, Make, Planned, Rows, Transform, opened

KEEPING = ("jpeg", "png", "webp", "avif", "tiff")
URI = b"http://cv.iptc.org/newscodes/digitalsourcetype/"
Look = Callable[..., dict[str, Any]]


def said(data: bytes) -> str | None:
    """The term in the XMP of a file, which says nothing else."""
    rights = read(opened(data))
    assert rights == (Rights(digital_source_type=rights.digital_source_type) if rights else None)
    return rights.digital_source_type if rights else None


@pytest.fixture
def look(client: FlaskClient, people: People) -> Look:
    def get(image_id: str, suffix: str = "") -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"{URL}/{image_id}{suffix}", headers=people.owner.headers).get_json()
        return body

    return get


@pytest.fixture
def painted(make: Make) -> str:
    return make(stamped(pictures.jpeg(160, 120), Limits()))


def test_each_format_goes_on_saying_it_and_a_gif_says_that_it_cannot(painted: str, transform: Transform) -> None:
    for recipe, term in (
        ("w=80", TRAINED),
        ("crop=0:0:40:40/rot=90", TRAINED),
        ("w=80/fx=sepia:80", COMPOSITE),
        ("wm=b64:QQ", COMPOSITE),
    ):
        for metadata in ("", ",md=none"):
            for form in KEEPING:
                answer = transform(painted, f"{recipe}/f={form}{metadata}", accept="image/*")
                assert (answer.status_code, answer.content_type) == (200, f"image/{form}"), answer.text
                assert "Aizen-Warnings" not in answer.headers
                assert said(answer.data) == term, (recipe, metadata, form)
                assert answer.data.count(URI + term.encode() + b"<") == 1
            gif = transform(painted, f"{recipe}/f=gif{metadata}")
            assert gif.get_json()["warnings"] == ["provenance_dropped"]
            strict = transform(painted, f"{recipe}/f=gif{metadata}", strict=True)
            assert (strict.status_code, strict.get_json()["code"]) == (422, "strict_warnings")


def test_nobody_is_named_where_no_metadata_is_asked_for(make: Make, transform: Transform) -> None:
    named = io.BytesIO()
    opened(pictures.jpeg(60, 40)).save(
        named,
        "JPEG",
        xmp=b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"'
        b' dc:creator="Ada" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="'
        + URI
        + b'trainedAlgorithmicMedia"/></rdf:RDF>',
    )
    image_id = make(named.getvalue())
    kept, bare = (transform(image_id, recipe, accept="image/*").data for recipe in ("w=30/f=jpeg", "w=30/f=jpeg,md=none"))
    assert read(opened(kept)) == Rights(creator="Ada", digital_source_type=TRAINED)
    assert read(opened(bare)) == Rights(digital_source_type=TRAINED)
    assert dict(opened(bare).getexif()) == {}
    plain = make(pictures.jpeg(60, 40, color="red"))
    assert read(opened(transform(plain, "w=30/fx=sepia/f=jpeg", accept="image/*").data)) is None


def test_a_photograph_under_a_model_s_picture_is_a_composite(painted: str, make: Make, transform: Transform, look: Look) -> None:
    photograph, plain = make(pictures.jpeg(200, 150, color="red")), make(pictures.png(40, 40))
    assert said(transform(photograph, f"wm={plain}/f=png", accept="image/*").data) is None
    for output in ("f=png", "f=png,md=none"):
        assert said(transform(photograph, f"wm={painted}/{output}", accept="image/*").data) == COMPOSITE
    saved = transform(photograph, f"wm={painted}/f=png", save=True).get_json()["id"]
    assert look(saved)["digital_source_type"] == COMPOSITE
    assert look(photograph)["digital_source_type"] is None


def test_what_is_saved_knows_it_and_so_does_what_is_made_of_that(
    painted: str, transform: Transform, look: Look, work: Callable[[], int], backend: Backend
) -> None:
    for recipe, term in (("w=80/f=webp", TRAINED), ("w=80/f=gif", TRAINED), ("fx=grayscale/f=avif", COMPOSITE), ("bo=3/f=gif", COMPOSITE)):
        answers = [transform(painted, recipe, save=True)]
        # Once more, from the file that is kept by then.
        transform(painted, recipe)
        answers.append(transform(painted, recipe, save=True))
        work()
        assert [answer.get_json()["cached"] for answer in answers] == [False, True]
        for answer in answers:
            image = look(answer.get_json()["id"])
            assert (image["status"], image["digital_source_type"]) == ("ready", term), recipe
            assert said(transform(image["id"], "w=20/f=png", accept="image/*").data) == term
            for variant in image["variants"]:
                with backend.adapters.storage.open(variant["url"].partition("/media/")[2].partition("?")[0]) as stored:
                    assert said(stored.read()) == term, variant["name"]


def test_a_file_from_before_this_was_said_is_not_found_again(
    painted: str, make: Make, planned: Planned, execute: Callable[[Any], None]
) -> None:
    plain, recipes = make(pictures.jpeg(64, 48, color="red")), ("w=8", "w=8/md=none", "fx=sepia")
    keys = {image_id: [planned(image_id, recipe).cache_key for recipe in recipes] for image_id in (painted, plain)}
    # As it was when a key knew nothing of it.
    execute(sa.update(Image).values(rights=None))
    assert set(keys[painted]).isdisjoint(planned(painted, recipe).cache_key for recipe in recipes)
    execute(sa.update(Image).values(rights={"creator": "Ada", "copyright": None, "digital_source_type": "digitalCapture"}))
    assert keys[plain] == [planned(plain, recipe).cache_key for recipe in recipes]


def test_answers_and_pages_tell_it(painted: str, make: Make, look: Look, client: FlaskClient, people: People, rows: Rows) -> None:
    plain = make()
    listed = {each["id"]: each["digital_source_type"] for each in client.get(URL, headers=people.owner.headers).get_json()}
    assert listed == {painted: TRAINED, plain: None}
    for image_id, term in listed.items():
        assert look(image_id)["digital_source_type"] == term
        for kind in ("html", "markdown", "url"):
            shown = look(image_id, f"/embed?as={kind}")
            assert shown["digital_source_type"] == term
            assert ("data-digital-source-type" in shown["text"]) is (term is not None and kind == "html")
    assert f'data-digital-source-type="{TRAINED}"' in look(painted, "/embed")["text"]
    moderated = client.get(f"/api/v1/admin/images/{painted}", headers=people.admin.headers)
    assert moderated.get_json()["digital_source_type"] == TRAINED
    assert rows() == []
