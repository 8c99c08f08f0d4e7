"""One segment of the URL spelling taken apart: which operations it asks for, and what JSON would tell each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aizen.imaging.steps import FILTERS
from aizen.transformations.language.operations import Operation, Parameter
from aizen.transformations.language.texts import IN_BASE64
from aizen.transformations.language.values import Refused

Pairs = list[tuple[str, str]]
_BACKGROUND = "bg"


@dataclass(frozen=True, kw_only=True)
class Group:
    """An operation that a segment asks for: the text behind its own key, and those behind the keys of its parameters."""

    operation: Operation
    own: str | None
    keyed: tuple[tuple[Parameter, str], ...]

    @property
    def words(self) -> dict[str, str]:
        """What the segment calls each parameter; the empty name stands for the operation."""
        key = self.operation.key or ""
        named = {each.name: each.key or f"{key} ({each.name})" for each in self.operation.parameters}
        return {**named, "": key or self.keyed[0][0].key or ""}

    def sent(self) -> dict[str, object]:
        """The values that JSON would have. Raises ``Refused`` for an own value of another shape."""
        keyed = {parameter.name: parameter.kind.heard(text) for parameter, text in self.keyed}
        return keyed if self.own is None else {**keyed, **_taken_apart(self.operation, self.own)}


def grouped(pairs: Pairs, table: Mapping[str, Operation]) -> Iterator[Group]:
    """The operations that ``pairs`` ask for, in the order of the table, in which they are applied."""
    texts = dict(pairs)
    takers = _takers_of_background(texts)
    for operation in table.values():
        keyed = tuple(
            (parameter, texts[parameter.key])
            for parameter in operation.parameters
            if parameter.key in texts and (parameter.key != _BACKGROUND or operation.name in takers)
        )
        for own in _own_values(operation, pairs, takers=takers) or ([None] if keyed else []):
            yield Group(operation=operation, own=own, keyed=keyed)


def _takers_of_background(texts: Mapping[str, str]) -> set[str]:
    """Who in this segment shows a background of its own; where nobody does, it is a step."""
    asked = {"resize": texts.get("fit") == "pad", "rotate": "rot" in texts, "pad": "pd" in texts}
    return {name for name, takes in asked.items() if takes}


def _own_values(operation: Operation, pairs: Pairs, *, takers: set[str]) -> Sequence[str | None]:
    found = [text for key, text in pairs if key == operation.key]
    if operation.name == "background" and takers:
        return []
    if operation.name == "mirror":
        return [text for text in found if text == "h"]
    if operation.name == "flip":
        return [text for text in found if text != "h"]
    return found


def _taken_apart(operation: Operation, text: str) -> dict[str, object]:
    if operation.name in ("flip", "mirror"):
        if text not in ("v", "h"):
            raise Refused("not_a_choice", "Must be v (top is bottom) or h (left is right).", allowed=("v", "h"))
        return {}
    if operation.name == "watermark":
        name = "text" if text.startswith(IN_BASE64) else "image"
        return {name: operation.parameter(name).kind.heard(text)}
    if operation.name == "filter":
        return _filter(operation, text)
    if operation.name == "pad" and ":" not in text:
        text = ":".join([text] * 4)
    return _parts(operation, operation.parts, text, shortest=4 if operation.name == "pad" else 0)


def _filter(operation: Operation, text: str) -> dict[str, object]:
    name, colon, rest = text.partition(":")
    rule = FILTERS.get(name)
    parts = ("color", "amount") if rule is not None and rule.color is not None else ("amount",)
    return {"name": name, **(_parts(operation, parts, rest) if colon else {})}


def _parts(operation: Operation, names: Sequence[str], text: str, *, shortest: int = 0) -> dict[str, object]:
    words = text.split(":")
    if not shortest <= len(words) <= len(names):
        raise Refused("wrong_shape", f"Must be spelled {operation.spelling}.", allowed=[operation.spelling])
    return {name: operation.parameter(name).kind.heard(word) for name, word in zip(names, words, strict=False) if word}
