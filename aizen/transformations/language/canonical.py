"""A recipe as the one value that equal wishes become, and the one way to spell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aizen.imaging.steps import Filter, Pad, Resize, Step, Watermark
from aizen.transformations.language.operations import OUTPUT, Operation, Output, Parameter, default_fit, filter_parameters, operations
from aizen.transformations.language.sent import Place

_BY_TYPE: dict[Callable[..., Step], Operation] = {operation.makes: operation for operation in operations().values()}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is done to a picture, in order, and the file that is written. Equal recipes have equal spellings, and the other way round."""

    steps: tuple[Step, ...] = ()
    output: Output = Output()

    @cached_property
    def canonical(self) -> str:
        """The recipe in URL spelling: one operation to a segment, defaults left out, the output last. Empty when nothing is asked for."""
        output = ",".join(spelled_values(OUTPUT, self.output))
        return "/".join([*map(spelled_step, self.steps), *([output] if output else [])])

    def __str__(self) -> str:
        return self.canonical


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A recipe, and where each of it stood in what was sent, for whoever finds later that a picture does not allow it."""

    recipe: Recipe
    places: tuple[Place, ...] = ()
    output_places: Mapping[str, Place] = field(default_factory=dict)
    output_place: Place = Place(pointer="/output")
    # Where steps stand, or would have stood: what is wrong with a picture to which nothing is done.
    steps_place: Place = Place(pointer="/steps")

    @property
    def pointers(self) -> tuple[str, ...]:
        """For each step the RFC 6901 pointer to what it was made of."""
        return tuple(place.pointer for place in self.places)

    def pointer(self, step: int, parameter: str | None = None) -> str:
        """The pointer to that parameter of the step, or to the nearest thing around it that was sent."""
        return self.places[step].to(parameter) if self.places else self.steps_place.to(None)

    def output_pointer(self, parameter: str) -> str:
        """The pointer to that parameter of the output, or to where it would have stood."""
        return self.output_places.get(parameter, self.output_place).to(parameter)


def operation_of(step: Step) -> Operation:
    """What of the table the step is."""
    return _BY_TYPE[type(step)]


def spelled_values(parameters: Sequence[Parameter], held: object) -> list[str]:
    """The parameters with a key of their own, as ``key=value``, where they are not what they are by default."""
    values = [(parameter, getattr(held, parameter.name)) for parameter in parameters if parameter.key is not None]
    return [f"{parameter.key}={parameter.kind.spell(value)}" for parameter, value in values if value != parameter.default]


def spelled_step(step: Step) -> str:
    """The step as one segment."""
    operation = operation_of(step)
    if isinstance(step, Resize):
        # ``fit`` has no default of its own.
        return ",".join(word for word in spelled_values(operation.parameters, step) if word != f"fit={default_fit(vars(step))}")
    return ",".join([f"{operation.key}={_own_value(operation, step)}", *spelled_values(operation.parameters, step)])


def _own_value(operation: Operation, step: Step) -> str:
    if operation.name in ("flip", "mirror"):
        return "v" if operation.name == "flip" else "h"
    if isinstance(step, Watermark):
        name = "text" if step.text is not None else "image"
        return operation.parameter(name).kind.spell(getattr(step, name))
    if isinstance(step, Pad) and step.top == step.right == step.bottom == step.left:
        return str(step.top)
    if isinstance(step, Filter):
        return ":".join([step.name, *_spelled_filter(step)])
    return ":".join(_parts([operation.parameter(name) for name in operation.parts], step, whole=isinstance(step, Pad)))


def _spelled_filter(step: Filter) -> list[str]:
    # The colour stands before the amount.
    return _parts(filter_parameters(step.name)[::-1], step, at_least=0)


def _parts(parameters: Sequence[Parameter], step: Any, *, whole: bool = False, at_least: int = 1) -> list[str]:
    """Each parameter between two colons; those at the end that are what they are by default are left out, unless the ``whole`` is said."""
    values = [(parameter, getattr(step, parameter.name)) for parameter in parameters]
    while not whole and len(values) > at_least and values[-1][1] == values[-1][0].default:
        values.pop()
    return ["" if value is None else parameter.kind.spell(value) for parameter, value in values]
