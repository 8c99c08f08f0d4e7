"""From what was sent to a step, with every fault told where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aizen.errors import FieldError, Invalid, pointer_to, printable_pointer
from aizen.imaging.steps import FILTERS, Step
from aizen.transformations.language.operations import FILTER_NAME, LanguageLimits, Operation, Parameter, filter_parameters
from aizen.transformations.language.values import Refused

# Whoever has made more mistakes than this learns of the rest later.
_MOST_ERRORS = 20


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something stands in what was sent.

    ``parts`` says whether a parameter has a pointer of its own below it; a text in URL spelling, or a bare value, has none. ``segment``
    counts from 1 in such a text, and ``words`` has what it calls each parameter.
    """

    pointer: str
    parts: bool = True
    segment: int | None = None
    words: Mapping[str, str] = field(default_factory=dict)

    def to(self, parameter: str | None) -> str:
        """The pointer to that parameter, or to the nearest thing around it."""
        return self.pointer if parameter is None or not self.parts else printable_pointer(self.pointer + pointer_to(parameter))

    def word(self, parameter: str) -> str:
        """What the parameter is called here."""
        return self.words.get(parameter, parameter)

    def said(self, parameter: str | None, detail: str) -> str:
        """``detail`` with the words that a pointer cannot have."""
        if self.segment is None:
            return detail
        word = self.words.get(parameter or "", "")
        return f"Segment {self.segment}{word and f', {word}'}: {detail}"


class Faults:
    """What is wrong, in the order in which it was found."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    @property
    def full(self) -> bool:
        return len(self.errors) >= _MOST_ERRORS

    def add(self, place: Place, parameter: str | None, code: str, detail: str, *, allowed: Iterable[str] | None = None) -> None:
        if not self.full:
            self.errors.append(
                FieldError(place.to(parameter), code, place.said(parameter, detail), None if allowed is None else tuple(allowed))
            )

    def refused(self, place: Place, parameter: str | None, refused: Refused) -> None:
        self.add(place, refused.parameter or parameter, refused.code, refused.detail, allowed=refused.allowed)

    def raise_any(self) -> None:
        """Nothing was wrong, or ``Invalid`` is raised."""
        if self.errors:
            raise Invalid(errors=self.errors)


def read_step(operation: Operation, sent: Mapping[str, object], *, place: Place, faults: Faults, limits: LanguageLimits) -> Step | None:
    """The step that was sent as these values of JSON; None when something was wrong with it, which ``faults`` knows then."""
    parameters = _parameters(operation, sent, place=place, faults=faults)
    told = None if parameters is None else read_told(parameters, sent, place=place, faults=faults, limits=limits)
    if parameters is None or told is None:
        return None
    if operation.one_of and not any(name in told for name in operation.one_of):
        some = [place.word(name) for name in operation.one_of]
        faults.add(place, None, "required", f"Must have at least one of: {', '.join(some)}.", allowed=some)
        return None
    defaults = {parameter.name: parameter.default for parameter in parameters}
    try:
        return operation.makes(**operation.settle({**defaults, **told}))
    except Refused as refused:
        faults.refused(place, None, refused)
        return None


def _parameters(operation: Operation, sent: Mapping[str, object], *, place: Place, faults: Faults) -> Sequence[Parameter] | None:
    if operation.name != "filter":
        return operation.parameters
    if "name" not in sent:
        _missing(FILTER_NAME, place=place, faults=faults)
        return None
    # What else a filter takes is known by its name alone.
    try:
        name = FILTER_NAME.kind.read(sent["name"])
    except Refused as refused:
        faults.refused(place, "name", refused)
        return None
    return (FILTER_NAME, *filter_parameters(name))


def read_told(
    parameters: Sequence[Parameter], sent: Mapping[str, object], *, place: Place, faults: Faults, limits: LanguageLimits
) -> dict[str, Any] | None:
    """What was told of these parameters, each as a recipe holds it; None when something was wrong, which ``faults`` knows then."""
    if len(sent) > limits.max_parameters:
        faults.add(place, None, "too_many_parameters", f"Must have at most {limits.max_parameters} parameters.")
        return None
    before = len(faults.errors)
    known = {parameter.name: parameter for parameter in parameters}
    told: dict[str, Any] = {}
    for name, value in sent.items():
        if name not in known:
            words = [place.word(each) for each in known]
            faults.add(place, name, "unknown_field", _unknown(words), allowed=words)
            continue
        try:
            told[name] = known[name].kind.read(value)
        except Refused as refused:
            faults.refused(place, name, refused)
    for parameter in parameters:
        if parameter.required and parameter.name not in sent:
            _missing(parameter, place=place, faults=faults)
    return told if len(faults.errors) == before and not faults.full else None


def _missing(parameter: Parameter, *, place: Place, faults: Faults) -> None:
    allowed = tuple(FILTERS) if parameter is FILTER_NAME else None
    faults.add(place, parameter.name, "required", f"Missing: {parameter.name} ({parameter.does}).", allowed=allowed)


def _unknown(known: Sequence[str]) -> str:
    return f"Unknown field. Known are: {', '.join(known)}." if known else "Unknown field: this takes none."
