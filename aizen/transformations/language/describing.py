"""What the language is, for whoever asks: plain data for /capabilities, and JSON Schemas for the API's description. All from the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aizen.imaging.steps import FILTERS
from aizen.transformations.language.canonical import Recipe
from aizen.transformations.language.operations import (
    FILTER_NAME,
    LIMITS,
    OUTPUT,
    LanguageLimits,
    Operation,
    Parameter,
    filter_parameters,
    operations,
)


def described(presets: Mapping[str, Recipe], *, limits: LanguageLimits = LIMITS) -> dict[str, Any]:
    """Everything that a recipe can say: operations in the order in which those of one segment are applied, filters, output, presets."""
    table = operations(limits.max_side)
    return {
        "operations": [
            {
                "name": operation.name,
                "does": operation.does,
                "url": operation.spelling,
                "parameters": _shown(operation.parameters, limits=limits),
            }
            for operation in table.values()
        ],
        "filters": [
            {"name": name, "does": rule.does, "parameters": _shown(filter_parameters(name), limits=limits)}
            for name, rule in FILTERS.items()
        ],
        "output": _shown(OUTPUT, limits=limits),
        "presets": [{"name": name, "recipe": recipe.canonical} for name, recipe in sorted(presets.items())],
        "limits": {
            "steps": limits.max_steps,
            "parameters": limits.max_parameters,
            "side": limits.max_side,
            "characters": limits.max_characters,
        },
    }


def _shown(parameters: Iterable[Parameter], *, limits: LanguageLimits) -> list[dict[str, Any]]:
    return [
        {
            "name": parameter.name,
            "url": parameter.key,
            "does": parameter.does,
            "required": parameter.required,
            "default": _default(parameter),
            "schema": parameter.kind.schema(),
        }
        for parameter in parameters
    ]


def _default(parameter: Parameter) -> Any:
    if parameter.required or parameter.default is None:
        return None
    # Colours are tuples inside, and texts outside.
    return parameter.kind.spell(parameter.default) if isinstance(parameter.default, tuple) else parameter.default


def step_schema(presets: Sequence[str] = (), *, limits: LanguageLimits = LIMITS) -> dict[str, Any]:
    """The JSON Schema of one step: one of the operations, a filter by its name, or a preset."""
    table = operations(limits.max_side)
    branches = [_operation_schema(operation) for operation in table.values() if operation.name != "filter"]
    filters = [_filter_schema(name) for name in FILTERS]
    return {"oneOf": [*branches, *filters, _preset_schema(presets)]}


def output_schema() -> dict[str, Any]:
    """The JSON Schema of ``output``."""
    return _object({parameter.name: _parameter_schema(parameter) for parameter in OUTPUT})


def object_schema(*, limits: LanguageLimits = LIMITS) -> dict[str, Any]:
    """The JSON Schema of the common object form, ``transformations``."""
    table = operations(limits.max_side)
    members: dict[str, Any] = {}
    for operation in table.values():
        if operation.name == "filter":
            filters = {name: _object_filter(name) for name in FILTERS}
            members["filters"] = _object(filters, description="in the order in which they are sent")
        else:
            members[operation.name] = _object_member(operation)
    quality, form = (next(each for each in OUTPUT if each.name == name) for name in ("quality", "format"))
    members["compress"], members["format"] = quality.kind.schema(), form.kind.schema()
    return _object(members, description="applied in the order of the properties here, whatever order they are sent in")


def _object_member(operation: Operation) -> dict[str, Any]:
    shapes = [_parameters_schema(operation)]
    if operation.short:
        shapes.append(operation.parameter(operation.short[0]).kind.schema())
    if operation.bare:
        shapes.append({"type": "boolean"})
    return {"anyOf": shapes, "description": operation.does}


def _object_filter(name: str) -> dict[str, Any]:
    parameters = filter_parameters(name)
    members = _object({parameter.name: _parameter_schema(parameter) for parameter in parameters})
    shapes = [parameter.kind.schema() for parameter in parameters]
    return {"anyOf": [{"type": "boolean"}, *shapes, members], "description": FILTERS[name].does}


def _object(properties: dict[str, Any], *, required: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False, **more}


def _parameter_schema(parameter: Parameter) -> dict[str, Any]:
    default = _default(parameter)
    return {**parameter.kind.schema(), "description": parameter.does, **({} if default is None else {"default": default})}


def _parameters_schema(operation: Operation, *, op: bool = False) -> dict[str, Any]:
    said = {"op": _constant(operation.name)} if op else {}
    properties = {**said, **{parameter.name: _parameter_schema(parameter) for parameter in operation.parameters}}
    required = [*said, *(parameter.name for parameter in operation.parameters if parameter.required)]
    some = {"anyOf": [{"required": [name]} for name in operation.one_of]} if operation.one_of else {}
    return _object(properties, required=required, **some)


def _operation_schema(operation: Operation) -> dict[str, Any]:
    return {"title": operation.name, "description": operation.does, **_parameters_schema(operation, op=True)}


def _filter_schema(name: str) -> dict[str, Any]:
    parameters = {parameter.name: _parameter_schema(parameter) for parameter in filter_parameters(name)}
    properties = {"op": _constant("filter"), FILTER_NAME.name: _constant(name), **parameters}
    return {"title": f"filter {name}", "description": FILTERS[name].does, **_object(properties, required=["op", FILTER_NAME.name])}


def _preset_schema(presets: Sequence[str]) -> dict[str, Any]:
    name = {"type": "string", "enum": sorted(presets)} if presets else {"type": "string", "pattern": "^[a-z0-9_-]{1,40}$"}
    return {
        "title": "preset",
        "description": "a recipe by its name",
        **_object({"op": _constant("preset"), "name": name}, required=["op", "name"]),
    }


def _constant(word: str) -> dict[str, Any]:
    return {"type": "string", "enum": [word]}
