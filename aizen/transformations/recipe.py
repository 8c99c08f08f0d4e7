"""The language of transformations: what was sent, as JSON or in an address, becomes one canonical recipe.

JSON and URL are two spellings of the same thing: ``str(recipe)`` is the second, and reading it gives the same recipe again. Everything
here is pure; whatever comes in, it is either read or refused by ``Invalid``, in linear time and without recursion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aizen.transformations.language.canonical import Parsed, Recipe
from aizen.transformations.language.json_form import read_object, read_output, read_steps
from aizen.transformations.language.operations import LIMITS, LanguageLimits, Output
from aizen.transformations.language.sent import Faults, Place
from aizen.transformations.language.told import Told, settled, told_by_preset
from aizen.transformations.language.url_form import read_text

__all__ = ["LIMITS", "LanguageLimits", "Output", "Parsed", "Recipe", "read_json", "read_url"]

# A body says in one of these ways what is done.
_WAYS = ("steps", "preset", "recipe", "transformations")


def read_json(body: Mapping[str, Any], presets: Mapping[str, Recipe], *, limits: LanguageLimits = LIMITS) -> Parsed:
    """The recipe that ``body`` tells: one of ``steps``, ``preset``, ``recipe`` (URL spelling) and ``transformations``, and ``output``.

    ``output`` stands beside all of them but ``recipe``, which brings its own; what it says counts more than what a preset says. Raises
    ``Invalid`` with the pointer of each field that cannot be accepted, 20 at most.
    """
    faults = Faults()
    whole = Place(pointer="")
    for name in list(body)[:50]:
        if name not in (*_WAYS, "output"):
            known = ", ".join((*_WAYS, "output"))
            faults.add(whole, name, "unknown_field", f"Unknown field. Known are: {known}.", allowed=(*_WAYS, "output"))
    ways = [name for name in _WAYS if name in body]
    _one_way(ways, faults)
    faults.raise_any()
    way, place = ways[0], Place(pointer=f"/{ways[0]}", parts=False)
    told = _told(way, body[way], presets, faults=faults, limits=limits)
    if "output" in body and way == "recipe":
        faults.add(whole, "output", "not_together", "Must not stand beside recipe, which says it itself: q, f, mb, md, frame.")
    elif "output" in body:
        told = told.followed_by(read_output(body["output"], faults=faults, limits=limits))
    output_place = place if way == "recipe" else Place(pointer="/output")
    return settled(told, place=place, output_place=output_place, faults=faults, limits=limits)


def _one_way(ways: list[str], faults: Faults) -> None:
    whole = Place(pointer="")
    if not ways:
        faults.add(whole, _WAYS[0], "required", f"Must have one of: {', '.join(_WAYS)}.", allowed=_WAYS)
    for name in ways[1:]:
        faults.add(whole, name, "not_together", f"Must not stand beside {ways[0]}: one of {', '.join(_WAYS)} is enough.", allowed=ways[:1])


def _told(way: str, value: object, presets: Mapping[str, Recipe], *, faults: Faults, limits: LanguageLimits) -> Told:
    place = Place(pointer=f"/{way}", parts=False)
    if way == "steps":
        return read_steps(value, presets, faults=faults, limits=limits)
    if way == "preset":
        return told_by_preset(value, presets, place=place, parameter=None, faults=faults)
    if way == "recipe":
        return read_text(value, presets, place=place, faults=faults, limits=limits)
    return read_object(value, faults=faults, limits=limits)


def read_url(text: str, presets: Mapping[str, Recipe], *, limits: LanguageLimits = LIMITS) -> Parsed:
    """The recipe that ``text`` spells. Raises ``Invalid`` with what is wrong, by segment and key; every pointer is ``/recipe``."""
    faults = Faults()
    place = Place(pointer="/recipe", parts=False)
    told = read_text(text, presets, place=place, faults=faults, limits=limits)
    return settled(told, place=place, output_place=place, faults=faults, limits=limits)
