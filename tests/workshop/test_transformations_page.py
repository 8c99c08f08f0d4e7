"""docs/transformations.md shows what the engine makes and tells what the language takes: neither is older than the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from aizen.imaging.steps import FILTERS, Filter
from aizen.transformations.language.operations import operations
from aizen.transformations.presets import PRESETS
from aizen.transformations.recipe import read_json, read_url
from tests.workshop import transformations_page as page

TEXT = page.PAGE.read_text(encoding="utf-8")
STALE = "is not what the code gives: run make pictures"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {example.name: made for example, made in page.rendered(tmp_path_factory.mktemp("pictures"))}


def test_every_picture_is_what_the_engine_makes(fresh: dict[str, Path]) -> None:
    stale = [example.name for example in page.EXAMPLES if not are_alike(page.picture_of(example), fresh[example.name])]

    assert not stale, f"docs/pictures {STALE}: {stale}"


def are_alike(shown: Path, made: Path) -> bool:
    """Whether nobody would see a difference; encoders of other versions may pack a picture otherwise."""
    with Image.open(shown) as one, Image.open(made) as other:
        if one.size != other.size:
            return False
        difference = ImageStat.Stat(ImageChops.difference(one.convert("RGBA"), other.convert("RGBA")))
    return all(channel < 2 for channel in difference.mean)


def test_no_picture_is_left_over() -> None:
    assert {file.name for file in page.PICTURES.iterdir()} == {page.picture_of(example).name for example in page.EXAMPLES}


def test_every_operation_and_every_filter_has_a_picture() -> None:
    steps = [step for example in page.EXAMPLES for step in read_url(example.recipe, PRESETS).recipe.steps]

    assert {type(step) for step in steps} == {operation.makes for operation in operations().values()}
    assert {step.name for step in steps if isinstance(step, Filter)} == set(FILTERS)


def test_the_tables_say_what_the_language_takes() -> None:
    assert page.with_sections(TEXT) == TEXT, f"docs/transformations.md {STALE}"


def test_the_bodies_of_the_page_are_taken() -> None:
    bodies = [json.loads(body) for body in re.findall(r"^\| `(\{\".*?\})` \|", TEXT, re.MULTILINE)]

    assert [next(iter(body)) for body in bodies] == ["steps", "recipe", "preset", "transformations"]
    for body in bodies:
        assert read_json(body, PRESETS).recipe.steps
