"""Reading JSON: a list of steps, and the common object form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aizen.errors import pointer_to
from aizen.imaging.steps import FILTERS, Step
from aizen.transformations.language.canonical import Recipe
from aizen.transformations.language.operations import OUTPUT, LanguageLimits, operations
from aizen.transformations.language.sent import Faults, Place, read_step, read_told
from aizen.transformations.language.told import Told, told_by_preset

_PRESET = "preset"
# What the object form calls the output's parameters, beside the operations.
_OUTPUT_WORDS = {"compress": "quality", "format": "format"}
_FILTERS = "filters"


def read_steps(steps: object, presets: Mapping[str, Recipe], *, faults: Faults, limits: LanguageLimits) -> Told:
    """What a list of steps tells, each an object with ``op`` and the operation's parameters."""
    place = Place(pointer="/steps")
    if not isinstance(steps, list):
        wanted = 'Must be a list of steps, each an object such as {"op": "resize", "width": 800}.'
        faults.add(place, None, "null" if steps is None else "wrong_type", wanted)
        return Told()
    if len(steps) > limits.max_steps:
        faults.add(place, None, "too_many_steps", f"Must have at most {limits.max_steps} steps.")
        return Told()
    told = Told()
    for number, sent in enumerate(steps):
        told = told.followed_by(_step(sent, presets, place=Place(pointer=f"/steps/{number}"), faults=faults, limits=limits))
    return told


def _step(sent: object, presets: Mapping[str, Recipe], *, place: Place, faults: Faults, limits: LanguageLimits) -> Told:
    table = operations(limits.max_side)
    known = (*table, _PRESET)
    if not isinstance(sent, dict):
        faults.add(place, None, "not_an_object", "Must be an object with op and the operation's parameters.")
        return Told()
    name = sent.get("op")
    if not isinstance(name, str) or name not in known:
        code = "not_a_choice" if isinstance(name, str) else "required" if "op" not in sent else "null" if name is None else "wrong_type"
        faults.add(place, "op", code, f"Must be one of: {', '.join(known)}.", allowed=known)
        return Told()
    rest = {key: value for key, value in sent.items() if key != "op"}
    if name == _PRESET:
        return _preset(rest, presets, place=place, faults=faults)
    return _told_once(read_step(table[name], rest, place=place, faults=faults, limits=limits), place)


def _preset(rest: Mapping[str, object], presets: Mapping[str, Recipe], *, place: Place, faults: Faults) -> Told:
    for name in rest:
        if name != "name":
            faults.add(place, name, "unknown_field", "Unknown field. Known are: name.", allowed=["name"])
    if "name" not in rest:
        faults.add(place, "name", "required", "Missing: name (of a preset).", allowed=sorted(presets))
        return Told()
    return told_by_preset(rest["name"], presets, place=place, parameter="name", faults=faults)


def _told_once(step: Step | None, place: Place) -> Told:
    return Told() if step is None else Told(steps=(step,), places=(place,))


def read_output(sent: object, *, faults: Faults, limits: LanguageLimits) -> Told:
    """What the member ``output`` tells."""
    place = Place(pointer="/output")
    if not isinstance(sent, dict):
        names = [parameter.name for parameter in OUTPUT]
        faults.add(place, None, "not_an_object", f"Must be an object with some of: {', '.join(names)}.", allowed=names)
        return Told()
    told = read_told(OUTPUT, sent, place=place, faults=faults, limits=limits) or {}
    return Told(output=told, output_places=dict.fromkeys(told, place))


def read_object(sent: object, *, faults: Faults, limits: LanguageLimits) -> Told:
    """What the common object form tells: each operation at most once, in the table's order, whatever order they were sent in."""
    place = Place(pointer="/transformations")
    # The filters stand where the table has them.
    known = tuple(_FILTERS if name == "filter" else name for name in operations(limits.max_side)) + tuple(_OUTPUT_WORDS)
    if not isinstance(sent, dict):
        faults.add(place, None, "not_an_object", f"Must be an object with some of: {', '.join(known)}.", allowed=known)
        return Told()
    for name in _first(sent, limits.max_parameters + 1):
        if name not in known:
            faults.add(place, name, "unknown_field", f"Unknown field. Known are: {', '.join(known)}.", allowed=known)
    told = Told()
    for name in known:
        if name in sent and not (sent[name] is False and may_be_left_out(name)):
            told = told.followed_by(_member(name, sent[name], place=place, faults=faults, limits=limits))
    return told


def may_be_left_out(name: str) -> bool:
    """Whether ``false`` says that this member is not asked for: only where ``true`` asks for it."""
    operation = operations().get(name)
    return operation is not None and operation.bare


def _first(members: Iterable[str], number: int) -> Sequence[str]:
    return [name for name, _ in zip(members, range(number), strict=False)]


def _member(name: str, value: object, *, place: Place, faults: Faults, limits: LanguageLimits) -> Told:
    if name in _OUTPUT_WORDS:
        return _output_member(name, value, faults=faults, limits=limits)
    if name == _FILTERS:
        return _filters(value, faults=faults, limits=limits)
    operation = operations(limits.max_side)[name]
    here = Place(pointer=place.to(name))
    if isinstance(value, dict):
        return _told_once(read_step(operation, value, place=here, faults=faults, limits=limits), here)
    alone = Place(pointer=here.pointer, parts=False)
    if value is True and operation.bare:
        return _told_once(read_step(operation, {}, place=alone, faults=faults, limits=limits), alone)
    if not operation.short:
        wanted = "Must be true or false." if operation.bare else "Must be an object with the operation's parameters."
        names = [parameter.name for parameter in operation.parameters]
        faults.add(alone, None, "wrong_type" if operation.bare else "not_an_object", wanted, allowed=names or ("true", "false"))
        return Told()
    sent: dict[str, object] = dict.fromkeys(operation.short, value)
    return _told_once(read_step(operation, sent, place=alone, faults=faults, limits=limits), alone)


def _output_member(name: str, value: object, *, faults: Faults, limits: LanguageLimits) -> Told:
    place = Place(pointer=f"/transformations/{name}", parts=False)
    told = read_told(OUTPUT, {_OUTPUT_WORDS[name]: value}, place=place, faults=faults, limits=limits) or {}
    return Told(output=told, output_places=dict.fromkeys(told, place))


def _filters(sent: object, *, faults: Faults, limits: LanguageLimits) -> Told:
    """``{"sepia": true, "blur": 2, "tint": {"color": "red", "amount": 50}}``, in the order in which they were sent."""
    place = Place(pointer=f"/transformations/{_FILTERS}")
    if not isinstance(sent, dict):
        faults.add(place, None, "not_an_object", "Must be an object with the filters' names.", allowed=tuple(FILTERS))
        return Told()
    told = Told()
    for name in _first(sent, len(FILTERS) + 1):
        if name not in FILTERS:
            faults.add(place, name, "unknown_field", f"Unknown filter. Known are: {', '.join(FILTERS)}.", allowed=tuple(FILTERS))
        elif sent[name] is not False:
            told = told.followed_by(_filter(name, sent[name], pointer=place.pointer + pointer_to(name), faults=faults, limits=limits))
    return told


def _filter(name: str, value: object, *, pointer: str, faults: Faults, limits: LanguageLimits) -> Told:
    place = Place(pointer=pointer, parts=isinstance(value, dict))
    sent: dict[str, Any] = value if isinstance(value, dict) else {} if value is True else {"amount": value}
    if isinstance(value, str) and FILTERS[name].color is not None:
        sent = {"color": value}
    if "name" in sent:
        faults.add(place, "name", "unknown_field", "Unknown field: the filter has its name already.", allowed=["amount", "color"])
        return Told()
    operation = operations(limits.max_side)["filter"]
    return _told_once(read_step(operation, {"name": name, **sent}, place=place, faults=faults, limits=limits), place)
