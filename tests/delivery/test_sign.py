"""POST /api/v1/images/sign, and ``flask sign``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import pictures
from tests.conftest import People
from tests.delivery.conftest import Open, Show
from tests.transformations.conftest import Make

URL = "/api/v1/images/sign"
Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(client: FlaskClient, people: People) -> Ask:
    """Asks for addresses, as the owner."""

    def send(ids: Any, recipes: Any, **more: Any) -> TestResponse:
        return client.post(URL, headers=people.owner.headers, json={"ids": ids, "recipes": recipes, **more})

    return send


def path_of(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


@pytest.mark.every_database
def test_every_address_opens_what_it_says(make: Make, ask: Ask, show: Show, opened: Open, statements: list[str]) -> None:
    first, second = make(), make(pictures.png(90, 60), "logo.png")
    show(second, "public")
    statements.clear()
    answer = ask([second, first], ["t=thumb", "w=60/q=70", f"w=60/wm={second},ws=0.5"], format="jpg")
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert [entry["id"] for entry in told] == [second] * 3 + [first] * 3
    assert told[0]["recipe"] == "w=320,h=320,g=auto"
    # The version of every picture in it is a part of the address.
    assert f"/w=60/wm={second}@" in told[2]["url"]
    assert [entry["expires_at"] is None for entry in told] == [True] * 3 + [False] * 3
    for entry in told:
        shown = opened(path_of(entry["url"]))
        assert (shown.status_code, shown.content_type) == (200, "image/jpeg"), entry
    asked = [statement for statement in statements if "FROM images" in statement]
    # Signing itself took one question for the images and one for the watermark; what follows are the openings.
    assert len([statement for statement in asked[:2] if "images.id IN" in statement]) == 2


def test_how_long_an_address_lives_is_asked_for_or_ours(make: Make, ask: Ask, show: Show, opened: Open) -> None:
    image_id = make()
    (first,), (again,) = (ask([image_id], ["w=10"]).get_json() for _ in range(2))
    # The same for ten minutes, so that pages and caches see the same address.
    assert first == again
    show(image_id, "public")
    (entry,) = ask([image_id], ["w=10"], expires_in=60, download=True).get_json()
    expires = int(entry["url"].partition("exp=")[2].partition(",")[0])
    assert 55 <= expires - time.time() <= 61
    assert opened(path_of(entry["url"])).headers["Content-Disposition"].startswith("attachment")


def test_what_cannot_be_signed_is_told_by_its_place_and_nothing_is(make: Make, ask: Ask, people: People, client: FlaskClient) -> None:
    image_id, moving = make(), make(pictures.gif(), "moving.gif")
    foreign = make(person=people.stranger)
    unknown = "0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55"
    refused: list[tuple[Any, Any, dict[str, Any], str, str]] = [
        ([image_id], ["w=10", "w=0"], {}, "/recipes/1", "out_of_range"),
        ([image_id], ["fx=sparkle"], {}, "/recipes/0", "not_a_choice"),
        ([image_id], ["w=10/exp=9999999999"], {}, "/recipes/0", "unknown_field"),
        ([image_id], [f"w=10/wm={foreign}"], {}, "/recipes/0", "unknown_image"),
        ([image_id], [f"w=10/wm={image_id}@00000000"], {}, "/recipes/0", "unknown_image"),
        ([image_id], ["w=10", "w=10/f=png"], {"format": "webp"}, "/recipes/1", "not_together"),
        ([image_id, moving], ["w=10"], {"format": "avif"}, "/recipes/0", "animation_not_kept"),
        ([image_id], ["crop=500:0:10:10"], {}, "/recipes/0", "outside_picture"),
        ([], ["w=10"], {}, "/ids", "too_few"),
        ([image_id], [], {}, "/recipes", "too_few"),
        ([image_id] * 101, ["w=10"], {}, "/ids", "too_many"),
        ([image_id] * 100, ["w=10"] * 6, {}, "/recipes", "too_many"),
        (["x"], ["w=10"], {}, "/ids/0", "wrong_type"),
        ([image_id], [7], {}, "/recipes/0", "wrong_type"),
        ([image_id], ["w=10"], {"format": "svg"}, "/format", "not_a_choice"),
        ([image_id], ["w=10"], {"expires_in": 1}, "/expires_in", "out_of_range"),
        ([image_id], ["w=10"], {"expires_in": -1}, "/expires_in", "out_of_range"),
        ([image_id], ["w=10"], {"version": "00000000"}, "/version", "unknown_field"),
    ]
    enlarged = ["w=10", "w=4000"]
    assert ask([image_id], enlarged).status_code == 200
    refused.append(([image_id, moving], enlarged, {"strict": True}, "/recipes/1", "strict_warnings"))
    # Which of the images does not allow it is said as well.
    named = {"animation_not_kept": moving, "outside_picture": image_id, "strict_warnings": image_id}
    told = []
    for ids, recipes, more, *_ in refused:
        answer = ask(ids, recipes, **more)
        assert answer.status_code == 422, answer.text
        told.append((answer.get_json()["errors"][0]["pointer"], answer.get_json()["errors"][0]["code"]))
        if told[-1][1] in named:
            assert answer.get_json()["errors"][0]["detail"].startswith(f"Image {named[told[-1][1]]}: ")
    assert told == [(pointer, wanted) for *_, pointer, wanted in refused]
    for other in (foreign, unknown):
        assert ask([image_id, other], ["w=10"]).status_code == 404
    assert client.post(URL, json={"ids": [image_id], "recipes": ["w=10"]}).status_code == 401


def test_the_operator_signs_for_every_picture(app: Flask, make: Make, show: Show, opened: Open) -> None:
    image_id = make()
    run = app.test_cli_runner().invoke

    def sign(*words: str) -> str:
        said = run(args=["sign", image_id, *words])
        assert said.exit_code == 0, said.output
        return str(said.stdout).strip()

    private = sign("w=40", "--format", "png", "--expires-in", "120")
    assert "exp=" in private
    assert opened(path_of(private)).content_type == "image/png"
    show(image_id, "public")
    public = sign("t=thumb", "--download")
    assert "exp=" not in public
    assert opened(path_of(public)).headers["Content-Disposition"].startswith("attachment")
    for words in (("w=0",), ("w=10", "--format", "svg"), ("w=10", "--expires-in", "59"), ("w=10", "--expires-in", "9" * 12)):
        assert run(args=["sign", image_id, *words]).exit_code != 0
    missing = run(args=["sign", "0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55", "w=10"])
    assert (missing.exit_code, "no such image" in missing.stderr) == (1, True)
