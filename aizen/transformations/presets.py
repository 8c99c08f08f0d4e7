"""Recipes that have a name: ours, and the operator's own from a file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aizen import strict_json
from aizen.errors import Invalid
from aizen.strict_json import RepeatedName
from aizen.transformations.language.canonical import Recipe
from aizen.transformations.language.operations import LIMITS, LanguageLimits
from aizen.transformations.recipe import read_json

# Far more than any operator writes, and little enough to be read at every start.
_LONGEST_FILE = 1024 * 1024
_NAME = re.compile(r"[a-z0-9_-]{1,40}")
_SPELLED = {
    "thumb": "w=320,h=320,g=auto",
    "card": "w=640,h=360,g=auto",
    "og": "w=1200,h=630,g=auto",
    "avatar": "w=256,h=256,g=auto/r=max",
    "square": "w=1080,h=1080,g=auto",
}


def _built_in() -> dict[str, Recipe]:
    return {name: read_json({"recipe": spelled}, {}).recipe for name, spelled in _SPELLED.items()}


# What everybody has. The operator's own of the same name count more.
PRESETS: Mapping[str, Recipe] = _built_in()


def read_presets(path: Path, *, limits: LanguageLimits = LIMITS) -> dict[str, Recipe]:
    """The operator's presets: a JSON object of names (a-z, 0-9, _ and -) and recipes, in URL spelling or as ``/transform`` takes them.

    They may be made of ``PRESETS``, not of one another. Raises ``ValueError`` with one sentence that names the preset and the field.
    """
    return {name: _recipe(name, told, limits=limits) for name, told in _members(path).items()}


def _members(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST_FILE + 1)
    except OSError as error:
        raise _fault(f"The presets in {path} cannot be read: {error.strerror}.") from None
    if len(text) > _LONGEST_FILE:
        raise _fault(f"The presets in {path} must have at most {_LONGEST_FILE} bytes.")
    try:
        loaded = strict_json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, json.JSONDecodeError | RepeatedName) else "it is something else"
        raise _fault(f"The presets in {path} must be JSON in UTF-8: {why}.") from None
    if not isinstance(loaded, dict):
        raise _fault(f"The presets in {path} must be a JSON object of names and recipes.")
    return loaded


def _fault(sentence: str) -> ValueError:
    return ValueError(sentence)


def _recipe(name: str, told: object, *, limits: LanguageLimits) -> Recipe:
    if not _NAME.fullmatch(name):
        raise _fault(f"Preset {name[:80]!r}: a name has 1 to 40 of a-z, 0-9, _ and -.")
    if not isinstance(told, str | dict):
        raise _fault(f'Preset {name!r}: must be a recipe in URL spelling, or an object such as {{"steps": []}}.')
    body = {"recipe": told} if isinstance(told, str) else told
    try:
        return read_json(body, PRESETS, limits=limits).recipe
    except Invalid as invalid:
        first = invalid.errors[0]
        raise _fault(f"Preset {name!r}, {first.pointer}: {first.detail}") from None
