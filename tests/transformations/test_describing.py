"""What is shown of the language is what it takes."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from jsonschema_rs import validator_for

from aizen.errors import Invalid
from aizen.imaging.steps import FILTERS, Step
from aizen.transformations.language.describing import described, object_schema, output_schema, step_schema
from aizen.transformations.language.operations import LanguageLimits, operations
from aizen.transformations.presets import PRESETS
from aizen.transformations.recipe import Recipe, read_json
from tests.transformations.recipes import RECIPES, said_in_json

STEP = validator_for(step_schema(list(PRESETS)))
OUTPUT = validator_for(output_schema())
OBJECT = validator_for(object_schema())


@settings(max_examples=60)
@given(RECIPES)
def test_the_schemas_take_whatever_the_language_takes(recipe: Recipe) -> None:
    body = said_in_json(recipe)
    assert all(STEP.is_valid(step) for step in body["steps"])
    assert OUTPUT.is_valid(body["output"])


@pytest.mark.parametrize(
    "step",
    [
        {},
        {"op": "explode"},
        {"op": "resize"},
        {"op": "resize", "width": 0},
        {"op": "resize", "width": 4097},
        {"op": "resize", "width": 800, "fit": "fill"},
        {"op": "resize", "widht": 800},
        {"op": "rotate"},
        {"op": "flip", "angle": 1},
        {"op": "filter", "name": "sparkle"},
        {"op": "filter", "name": "grayscale", "amount": 1},
        {"op": "filter", "name": "sepia", "amount": 101},
        {"op": "radius", "radius": "min"},
        {"op": "watermark", "x": 1},
        {"op": "watermark", "image": "../x"},
        {"op": "preset", "name": "poster"},
    ],
    ids=str,
)
def test_the_schema_of_a_step_refuses_what_the_language_refuses(step: dict[str, Any]) -> None:
    assert not STEP.is_valid(step)


@pytest.mark.parametrize(
    ("body", "good"),
    [
        ({"resize": {"width": 80}, "rotate": 90, "flip": True, "mirror": False, "compress": 75, "format": "png"}, True),
        ({"filters": {"grayscale": True, "sepia": 50, "tint": "red", "blur": {"amount": 3}, "invert": False}}, True),
        ({"watermark": "hi", "trim": True, "pad": 5}, True),
        ({"trim": False, "flip": False, "mirror": False, "filters": {"sepia": False}}, True),
        *[({name: False}, False) for name in ("resize", "crop", "rotate", "filters", "pad", "radius", "watermark", "compress", "format")],
        ({"filters": {"sparkle": True}}, False),
        ({"resize": 80}, False),
        ({"rotate": True}, False),
        ({"filter": {}}, False),
    ],
    ids=str,
)
def test_the_schema_of_the_object_form_agrees_with_its_reader(body: dict[str, Any], good: bool) -> None:
    assert OBJECT.is_valid(body) == good
    if good:
        read_json({"transformations": body}, {})
    else:
        with pytest.raises(Invalid):
            read_json({"transformations": body}, {})


def test_everything_that_can_be_said_is_shown_with_its_bounds() -> None:
    shown = described(PRESETS, limits=LanguageLimits(max_side=100))
    assert json.loads(json.dumps(shown)) == shown
    assert [operation["name"] for operation in shown["operations"]] == list(operations())
    assert [each["name"] for each in shown["filters"]] == list(FILTERS)
    resize = next(operation for operation in shown["operations"] if operation["name"] == "resize")
    width = next(parameter for parameter in resize["parameters"] if parameter["name"] == "width")
    assert (width["url"], width["required"], width["schema"]["anyOf"][0]["maximum"]) == ("w", False, 100)
    assert {"name": "avatar", "recipe": "w=256,h=256,g=auto/r=max"} in shown["presets"]
    tint = next(each for each in shown["filters"] if each["name"] == "tint")
    assert [(parameter["name"], parameter["default"]) for parameter in tint["parameters"]] == [("amount", 100), ("color", "704214")]
    assert shown["limits"] == {"steps": 8, "parameters": 20, "side": 100, "characters": 16000}


def test_the_table_has_every_field_of_every_step() -> None:
    told = {operation.makes: {parameter.name for parameter in operation.parameters} for operation in operations().values()}
    assert told == {kind: {field.name for field in fields(kind)} for kind in get_args(Step)}
