"""Recipes with a name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from aizen.imaging.steps import Flip, Radius, Resize
from aizen.transformations.presets import PRESETS, read_presets
from aizen.transformations.recipe import Output, Recipe


def written(folder: Path, content: Any) -> Path:
    path = folder / "presets.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_the_presets_of_aizen_look_for_what_is_worth_seeing_and_bound_both_sides() -> None:
    assert set(PRESETS) == {"thumb", "card", "og", "avatar", "square"}
    for recipe in PRESETS.values():
        resize = recipe.steps[0]
        assert isinstance(resize, Resize)
        assert (resize.gravity, resize.fit) == ("auto", "cover")
        assert max(resize.width or 9999, resize.height or 9999) <= 1200
    assert PRESETS["avatar"].steps[1:] == (Radius(radius="max"),)


def test_the_operators_presets_are_read_in_both_spellings_and_may_be_made_of_ours(tmp_path: Path) -> None:
    path = written(tmp_path, {"mine": "t=avatar/flip=v/f=webp", "other_1": {"steps": [{"op": "flip"}], "output": {"quality": 50}}})
    assert read_presets(path) == {
        "mine": Recipe(steps=(*PRESETS["avatar"].steps, Flip()), output=Output(format="webp")),
        "other_1": Recipe(steps=(Flip(),), output=Output(quality=50)),
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"card": {"steps": [{"op": "resize", "width": 0}]}}, "Preset 'card', /steps/0/width: Must be a whole number of pixels"),
        ({"card": "w=0"}, "Preset 'card', /recipe: Segment 1, w: Must be"),
        ({"card": "t=card2", "card2": "w=1"}, "Preset 'card', /recipe: Segment 1, t: There is no such preset"),
        ({"Card": "w=1"}, "Preset 'Card': a name has 1 to 40 of a-z"),
        ({"x" * 41: "w=1"}, "a name has 1 to 40"),
        ({"": "w=1"}, "a name has 1 to 40"),
        ({"card": 5}, "Preset 'card': must be a recipe"),
        ([], "must be a JSON object of names and recipes"),
        (b'{"card": "w=1", "card": "w=2"}', "the name 'card' stands more than once"),
        (b'{"card": ', "must be JSON in UTF-8"),
        (b'{"card": {"steps": [{"op": "resize", "width": NaN}]}}', "must be JSON in UTF-8"),
        (b"\xff", "must be JSON in UTF-8"),
        (b"[" * 100_000, "must be JSON in UTF-8"),
        (b" " * 1_100_000, "must have at most 1048576 bytes"),
    ],
    ids=range(14),
)
def test_a_fault_in_the_operators_presets_is_one_sentence_that_names_it(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read_presets(written(tmp_path, content))


def test_a_missing_file_of_presets_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.json cannot be read: No such file"):
        read_presets(tmp_path / "none.json")
