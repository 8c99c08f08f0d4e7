"""GET /capabilities: what is told is what requests are checked against."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aizen.imaging.steps import FILTERS
from aizen.settings import SettingsError
from aizen.transformations.language.operations import operations
from aizen.transformations.presets import PRESETS
from tests.conftest import People
from tests.web.test_openapi import Checking, Document, document  # noqa: F401 - a fixture

URL = "/api/v1/capabilities"
Told = dict[str, Any]


@pytest.fixture
def told(client: FlaskClient) -> Told:
    answer = client.get(URL)
    assert answer.status_code == 200, answer.text
    body: Told = answer.get_json()
    return body


def test_anybody_may_ask_and_need_not_ask_twice(client: FlaskClient) -> None:
    answer = client.get(URL)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=60")
    assert client.get(URL, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_answer_keeps_to_the_document(client: FlaskClient, document: Document) -> None:  # noqa: F811
    assert Checking(client, document)("GET", URL).status_code == 200


def test_everything_that_can_be_done_is_told(told: Told) -> None:
    assert [each["name"] for each in told["operations"]] == list(operations())
    assert [each["name"] for each in told["filters"]] == list(FILTERS)
    assert {each["name"] for each in told["presets"]} == set(PRESETS)
    assert told["formats"]["output"] == ["jpeg", "png", "webp", "avif", "gif", "tiff"]


def test_the_limits_are_the_settings(make_app: Callable[..., Flask]) -> None:
    app = make_app(transform_max_side=1000, transform_max_steps=3, sync_max_megapixels=7.5, max_image_size=123, transform_cache_bytes=0)
    body = app.test_client().get(URL).get_json()
    limits = body["limits"]
    assert (limits["transform_side"], limits["transform_steps"], limits["sync_megapixels"]) == (1000, 3, 7.5)
    assert (limits["image_bytes"], limits["transform_cache_bytes"]) == (123, None)
    (resize,) = (each for each in body["operations"] if each["name"] == "resize")
    (width,) = (each for each in resize["parameters"] if each["name"] == "width")
    assert width["schema"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 1000}


def test_what_is_switched_on_is_told_by_name_and_no_secret_is(make_app: Callable[..., Flask]) -> None:
    app = make_app(ai_describers=("gemini", "offline"), gemini_api_key="the-key-of-nobody", email_host="smtp.example.org")
    answer = app.test_client().get(URL)
    features = answer.get_json()["features"]
    assert (features["describers"], features["email_verification"], features["email"]) == (["gemini", "offline"], "off", True)
    assert "the-key-of-nobody" not in answer.text
    assert "smtp.example.org" not in answer.text


# -- the operator's own presets


def test_the_operators_presets_are_told_and_taken(tmp_path: Path, make_app: Callable[..., Flask], people: People) -> None:
    file = tmp_path / "presets.json"
    file.write_text(json.dumps({"poster": "w=600,h=800", "thumb": {"preset": "square"}}), encoding="utf-8")
    client = make_app(presets_file=file).test_client()
    presets = {each["name"]: each["recipe"] for each in client.get(URL).get_json()["presets"]}
    assert presets["poster"] == "w=600,h=800"
    assert presets["thumb"] == presets["square"]
    told_of = client.post(
        "/api/v1/images/00000000-0000-7000-8000-000000000000/transform", headers=people.owner.headers, json={"preset": "poster"}
    )
    # The recipe could be read; the image is not there.
    assert told_of.status_code == 404


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"poster": "w=0"}', "poster"),
        ('{"Poster": "w=1"}', "Poster"),
        ("[]", "presets.json"),
        ("{", "presets.json"),
        (None, "presets.json"),
    ],
)
def test_a_file_of_presets_with_a_fault_stops_the_start(
    tmp_path: Path, make_app: Callable[..., Flask], text: str | None, says: str
) -> None:
    file = tmp_path / "presets.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"(?s)PRESETS_FILE: .*{says}"):
        make_app(presets_file=file)


def test_a_font_that_is_not_there_stops_the_start(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    with pytest.raises(SettingsError, match="WATERMARK_FONT"):
        make_app(watermark_font=tmp_path / "font.ttf")
