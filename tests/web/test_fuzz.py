"""Every operation of the OpenAPI document, sent what fits its schemas, what lies at their bounds, and what does not fit.

Whatever comes, the answer is one that the document tells, never a failure of ours, and never about what belongs to somebody else.
``make fuzz`` sends many more random requests than the suite does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from schemathesis import APIOperation, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import BaseSchema

from tests.conftest import People
from tests.images.conftest import Upload, upload  # noqa: F401 - a fixture
from tests.web import fuzzing
from tests.web.fuzzing import World

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [
    f"{method.upper()} {path}"
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if method in ("get", "post", "put", "patch", "delete")
]
Operation = APIOperation[Any, Any, Any, Any]


@pytest.fixture(scope="module")
def schemas() -> dict[int, BaseSchema]:
    return {}


@pytest.fixture
def schema(app: Flask, schemas: dict[int, BaseSchema]) -> BaseSchema:
    """The document of the running application. Read once: it is the same for each test."""
    if id(app) not in schemas:
        schemas[id(app)] = fuzzing.schema_of(app)
    return schemas[id(app)]


@pytest.fixture
def world(client: Any, people: People, upload: Upload, work: Callable[[], int]) -> World:  # noqa: F811
    return World(client, people, upload, work)


def test_no_operation_is_left_out(schema: BaseSchema) -> None:
    assert sorted(each.ok().label for each in schema.get_all_operations() if isinstance(each, Ok)) == sorted(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_an_operation_keeps_to_the_document_whatever_it_is_sent(schema: BaseSchema, world: World, label: str) -> None:
    operation = schema.find_operation_by_label(label)
    assert operation is not None
    for case in fuzzing.bounds(operation):
        world.send(case)
    fuzzing.for_random_cases(operation, GenerationMode.POSITIVE, world.send)
    if fuzzing.may_be_negative(operation):
        fuzzing.for_random_cases(operation, GenerationMode.NEGATIVE, world.send)
    world.assert_nothing_of_the_stranger_has_changed(operation)
