"""A recipe told in JSON: what ``read_json`` would make the same recipe of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aizen.imaging.steps import Filter, Step
from aizen.transformations.language.canonical import Recipe, operation_of
from aizen.transformations.language.operations import OUTPUT, Parameter, filter_parameters


def told(recipe: Recipe) -> dict[str, Any]:
    """The recipe's ``steps`` and its ``output``, without what is as it is by default."""
    return {"steps": [_step(each) for each in recipe.steps], "output": _values(OUTPUT, recipe.output)}


def _step(step: Step) -> dict[str, Any]:
    operation = operation_of(step)
    if isinstance(step, Filter):
        return {"op": operation.name, "name": step.name, **_values(filter_parameters(step.name), step)}
    told = _values(operation.parameters, step)
    # Where something has to be told, the defaults do.
    return {"op": operation.name, **(told or _values(operation.parameters, step, all_of_them=bool(operation.one_of)))}


def _values(parameters: Iterable[Parameter], held: object, *, all_of_them: bool = False) -> dict[str, Any]:
    values = [(parameter, getattr(held, parameter.name)) for parameter in parameters]
    return {
        # What an address says is read as JSON has it.
        parameter.name: parameter.kind.heard(parameter.kind.spell(value))
        for parameter, value in values
        if value is not None and (all_of_them or value != parameter.default)
    }
