"""GET /api/v1/images/public?search=…: everybody finds what is public of an image, by what is public of it, the same on every database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from aizen.database import db
from aizen.images import integrity, search
from aizen.images.indexing import PublishedBefore
from aizen.images.models import SearchDocument
from tests.conftest import Backend, People
from tests.gallery.conftest import Change
from tests.gallery.visiting import GALLERY, publish, seen
from tests.images.conftest import URL
from tests.images.test_search import found

every_database = pytest.mark.every_database
Keep = Callable[..., str]


@every_database
def test_the_language_is_that_of_ones_own_list(client: FlaskClient, people: People, keep: Keep) -> None:
    old = keep("Red boats on a calm Lake", visibility="public", at=datetime(2024, 5, 1, tzinfo=UTC), tags=["golden gate", "c++"])
    new = keep("a Café, calm and red", visibility="public", person=people.stranger, description="lake", alt="士山", alt_status="approved")
    keep("calm lake boats")
    keep("calm lake boats", visibility="unlisted")
    asked = {
        "cafe": [new],
        "CALM lak": [new, old],
        '"calm lake"': [old],
        "lake -boat": [new],
        '-"calm lake"': [new],
        "-lake": [],
        "tag:c++": [old],
        'tag:"Golden Gate" boats': [old],
        "-tag:c++": [new],
        "tag:golden": [],
        "golden gate": [old],
        "士": [new],
        "before:2025": [old],
        "red after:2025": [new],
        '"calm lak"': [],
        "%": [],
        "🙂": [],
    }
    assert {text: seen(client, search=text) for text in asked} == asked
    assert seen(client, search="red", sort="uploaded_at") == [old, new]
    assert seen(client, search="  ") == [new, old]


# What a stranger might guess, and where only its owner may find it.
HIDDEN: dict[str, dict[str, Any]] = {
    "zebrafinch": {"file_name": "zebrafinch_17.jpg"},
    "cormorant": {"ai_description": "A cormorant dries its wings"},
    "pelican": {"ai_alt": "A pelican", "alt_status": "suggested"},
    "gannet": {"ai_tags": ["gannet"]},
    "puffin": {"prompt": "a puffin in oil"},
}


@every_database
def test_what_is_private_of_a_public_image_cannot_be_guessed(client: FlaskClient, people: People, keep: Keep) -> None:
    images = {word: keep("Birds", visibility="public", tags=["sea"], **texts) for word, texts in HIDDEN.items()}
    everything = seen(client, search="birds")
    assert everything == list(reversed(images.values()))
    owner = people.owner.id.replace("-", "")
    for word, image in images.items():
        assert found(client, people, word) == [image]
        for text in (
            word,
            word[:3],
            f'"{word}"',
            f'"a {word}"',
            f"birds {word}",
            f"tag:{word}",
            f"§{owner} {word}",
            f"¤{word}",
            f"¤§ {word}",
        ):
            assert seen(client, search=text) == [], text
        # What is there, and what is not, leave out the same.
        for text in (f"-{word}", f'birds -"{word}"', f"birds -{word[:3]}", f"-tag:{word}"):
            assert seen(client, search=text) == everything, text
    for text in (owner, f"§{owner}", f'"{owner}"', "¤", "§", "¤§", "¶¶", "¤birds¤"):
        assert seen(client, search=text) == (everything if text == "¤birds¤" else []), text


@every_database
def test_a_phrase_does_not_reach_from_one_field_or_part_into_another(client: FlaskClient, people: People, keep: Keep) -> None:
    image = keep("calm", visibility="public", alt="lake", alt_status="approved", tags=["golden", "gate"], file_name="end.jpg")
    for text in ('"calm lake"', '"lake golden"', '"golden gate"', '"jpg calm"', '"end jpg calm"'):
        assert seen(client, search=text) == found(client, people, text) == [], text
    assert seen(client, search="calm lake golden gate") == found(client, people, '"end jpg" calm') == [image]


@every_database
def test_an_image_is_found_as_it_is_now(client: FlaskClient, people: People, keep: Keep) -> None:
    image = keep("Monday")
    own = f"{URL}/{image}"

    def edit(**words: Any) -> None:
        assert client.patch(own, headers=people.owner.headers, json=words).status_code == 200

    edit(visibility="public")
    assert seen(client, search="monday") == [image]
    edit(title="Tuesday", alt="A river", tags=["wide"])
    assert seen(client, search="tuesday river tag:wide") == [image]
    assert seen(client, search="monday") == []
    edit(alt_status="missing")
    assert seen(client, search="river") == []
    take_down = f"/api/v1/admin/images/{image}/take-down"
    withdraw: tuple[Callable[[], object], ...] = (
        lambda: edit(visibility="unlisted"),
        lambda: client.post(take_down, headers=people.admin.headers, json={}),
    )
    for end in withdraw:
        end()
        assert seen(client, search="tuesday") == []
        with client.application.app_context(), db.engine.connect() as connection:
            assert connection.scalars(sa.select(SearchDocument.is_public)).all() == [False]
        assert found(client, people, "tuesday") == [image]
        assert publish(client, people.owner, image).status_code == 200
        assert seen(client, search="tuesday") == [image]


@every_database
def test_what_lies_beyond_the_window_is_found_in_the_same_order(
    client: FlaskClient, people: People, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakes = (0, 1, 9, 10, 19)
    owners = (people.owner, people.stranger)
    made = [keep("lake" if n in lakes else "hill", visibility="public", person=owners[n % 2]) for n in range(20)]
    keep("lake")
    # Of the lakes one is not ready yet, so that the row has a say too.
    keep("lake", visibility="public", status="processing")
    expected = [made[number] for number in lakes]
    for few, hits in ((50, 50), (0, 50), (0, 2)):
        for name, value in (("WINDOW", 4), ("FEW", few), ("HITS", hits)):
            monkeypatch.setattr(search, name, value)
        for sort, order in (("uploaded_at", expected), ("-uploaded_at", expected[::-1])):
            assert seen(client, search="lake", sort=sort, limit=10) == order, (few, hits, sort)
            assert seen(client, search="lake", sort=sort, limit=2) == order[:2], (few, hits, sort)


@every_database
def test_a_search_that_cannot_be_meant_is_422_and_says_what_can(client: FlaskClient, keep: Keep) -> None:
    keep("lake", visibility="public")
    refused = {
        "is:public": "not_a_choice",
        "lake -is:private": "not_a_choice",
        "is:lost": "not_a_choice",
        "before:soon": "not_a_date",
        "a " * 30: "too_many_terms",
        "a" * 501: "too_long",
        "a" * 1000: "too_long",
        "富" * 1000: "too_long",
        "¤§" * 500: "too_long",
        "a\0b": "nul_character",
    }
    for text, code in refused.items():
        answer = client.get(f"{GALLERY}?{urlencode({'search': text})}")
        assert (answer.status_code, [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]]) == (
            422,
            [("/search", code)],
        ), text[:20]
    allowed = client.get(f"{GALLERY}?search=is:public").get_json()["errors"][0]["allowed"]
    assert allowed == ["tag:", "before:", "after:"]
    for text in ("NEAR(", ") OR 1=1 --", "<->", ":*", "a\ud7ff", "'", '"', "words:", "lake* & !x"):
        assert client.get(f"{GALLERY}?search={quote(text)}").status_code == 200, text


@every_database
def test_the_longest_texts_are_found_by_their_phrases_in_both_parts(client: FlaskClient, people: People, keep: Keep) -> None:
    # Most of it are gaps, each of which takes up two of the places that PostgreSQL counts.
    image = keep(
        "山の" * 100,
        alt="山の" * 500,
        alt_status="approved",
        description="First light in autumn " + "山の" * 2489,
        tags=["山の" * 25, *(f"{number:02}" + "の" * 48 for number in range(49))],
        visibility="public",
    )
    for text in ('"first light in autumn"', "山の山"):
        assert seen(client, search=text) == found(client, people, text) == [image], text
    assert seen(client, search='"autumn in light"') == found(client, people, '"autumn in light"') == []


@every_database
def test_what_was_published_before_there_was_a_gallery_is_found_after_a_tick(
    client: FlaskClient, people: People, keep: Keep, change: Change, backend: Backend
) -> None:
    public, private = [keep(f"Lake {number}") for number in range(3)], keep("Lake")
    for image in public:
        change(image, visibility="public")
    assert seen(client, search="lake") == []
    with backend.app.app_context():
        sweep = PublishedBefore(images_a_tick=2)
        assert [sweep(backend.adapters) for _ in range(3)] == [2, 1, 0]
    assert seen(client, search="lake") == public[::-1]
    # And what goes wrong later is told and mended by the doctor.
    change(public[0], visibility="private")
    change(private, visibility="public")
    with backend.app.app_context():
        report = integrity.examine(backend.adapters)
        assert set(report.unindexed_images) == {public[0], private}
        integrity.repair(report, backend.adapters)
        assert integrity.examine(backend.adapters).unindexed_images == ()
    assert set(seen(client, search="lake")) == {*public[1:], private}


def test_the_examples_of_the_docs_can_be_asked(client: FlaskClient) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "gallery.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith("A search may have ")]
    examples = line.split("`")[1::2]
    assert len(examples) >= 5
    for text in examples:
        answer = client.get(f"{GALLERY}?{urlencode({'search': text})}")
        assert answer.status_code == (422 if text.startswith("is:") else 200), text
