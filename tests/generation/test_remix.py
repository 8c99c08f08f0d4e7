"""POST /images/{id}/remix: once more, with some of it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import People, Person
from tests.fakes import ScriptedPainter
from tests.generation.conftest import IMAGES, PROMPT, Generate, Look, unknown

Remix = Callable[..., TestResponse]


@pytest.fixture
def remix(client: FlaskClient, people: People) -> Remix:
    def send(image_id: str, *, person: Person | None = None, **changes: Any) -> TestResponse:
        return client.post(f"{IMAGES}/{image_id}/remix", headers=(person or people.owner).headers, json=changes)

    return send


def test_what_is_not_named_is_as_it_was_but_for_the_seed(
    client: FlaskClient, people: People, generate: Generate, remix: Remix, look: Look, painter: ScriptedPainter, work: Callable[[], int]
) -> None:
    first = generate(negative_prompt="people", width=640, height=512, steps=9, seed=3, title="River", tags=["water"]).get_json()
    work()
    second = remix(first["id"], prompt="the river under snow", height=640).get_json()
    third = remix(second["id"], seed=3).get_json()
    work()
    assert (second["parent_id"], third["parent_id"]) == (first["id"], second["id"])
    assert (second["prompt"], second["width"], second["height"], second["title"], second["tags"]) == (
        *("the river under snow", 640, 640, "River", ["water"]),
    )
    assert second["generation"]["seed"] != 3
    assert third["generation"]["seed"] == 3
    assert [(order.prompt, order.negative_prompt, order.steps) for order in painter.orders] == [
        (PROMPT, "people", 9),
        ("the river under snow", "people", 9),
        ("the river under snow", "people", 9),
    ]
    assert client.delete(f"{IMAGES}/{first['id']}", headers=people.owner.headers).status_code == 204
    assert look(second["id"])["parent_id"] is None


def test_what_was_larger_than_may_be_now_is_scaled(
    client: FlaskClient, people: People, make_app: Callable[..., Flask], generate: Generate
) -> None:
    first = generate(width=2048, height=1024, describe=False).get_json()
    through = make_app(generation_max_side=1024).test_client()
    again = through.post(f"{IMAGES}/{first['id']}/remix", headers=people.owner.headers, json={"prompt": "y"})
    assert (again.status_code, again.get_json()["width"], again.get_json()["height"]) == (202, 1024, 512)
    # Nor is it described, as the first is not.
    assert again.get_json()["ai"]["status"] == "skipped"
    named = through.post(f"{IMAGES}/{first['id']}/remix", headers=people.owner.headers, json={"width": 2048})
    assert (named.status_code, named.get_json()["errors"][0]["pointer"]) == (422, "/width")


def test_an_image_without_a_picture_may_be_remixed(generate: Generate, remix: Remix) -> None:
    first = generate().get_json()
    assert remix(first["id"], width=512).status_code == 202


def test_only_what_was_generated_is_remixed_and_only_by_its_owner(
    people: People, generate: Generate, remix: Remix, upload: Callable[[], str], count: Callable[[], int]
) -> None:
    uploaded, generated = upload(), generate().get_json()["id"]
    refused = remix(uploaded)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "not_generated")
    strangers, nobodys = remix(generated, person=people.stranger), remix(unknown(), person=people.stranger)
    assert strangers.status_code == nobodys.status_code == 404
    assert {**strangers.get_json(), "instance": "", "request_id": ""} == {**nobodys.get_json(), "instance": "", "request_id": ""}
    wrong = remix(generated, prompt="", steps=0)
    assert sorted(each["pointer"] for each in wrong.get_json()["errors"]) == ["/prompt", "/steps"]
    assert count() == 2
