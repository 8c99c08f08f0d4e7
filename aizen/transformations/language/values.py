"""The kinds of values that a parameter can take: each reads JSON, knows its spelling in an address, and describes itself.

``read`` makes of a value out of JSON the value that a recipe holds, and refuses with ``Refused``; equal meanings become equal values.
``heard`` is the JSON value that a text in an address stands for, ``spell`` the text that a recipe's value is printed as.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aizen.imaging.steps import Length

# Fractions are told to a millionth: less than a hundredth of a pixel in any picture that is taken.
PLACES = 6
_LEAST = 1e-6
# A number as JSON has it, without an exponent, and no longer than any that means something here.
_NUMBER = re.compile(r"-?(?:[0-9]{1,20}(?:\.[0-9]{1,20})?|\.[0-9]{1,20})")


class Refused(Exception):
    """A value cannot be taken. ``parameter`` is the field that is to blame, where whoever raises knows better than whoever asked."""

    def __init__(self, code: str, detail: str, *, allowed: Sequence[str] | None = None, parameter: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.allowed = tuple(allowed) if allowed is not None else None
        self.parameter = parameter


class Kind(Protocol):
    """What a parameter takes."""

    def read(self, value: object) -> Any:
        """The value as a recipe holds it. Raises ``Refused``."""

    def heard(self, text: str) -> object:
        """What ``text``, found in an address, would be in JSON; a text that is no such value stays one, and is refused by ``read``."""

    def spell(self, value: Any) -> str:
        """How an address says ``value``; ``read(heard(spell(value)))`` is ``value``."""

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of what ``read`` takes."""


def number_heard(text: str) -> int | float | str:
    """The number that ``text`` is, or the text itself."""
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def spell_number(value: float) -> str:
    """``value`` in digits, without an exponent."""
    return str(value) if isinstance(value, int) else f"{value:.{PLACES}f}".rstrip("0").rstrip(".")


def between(value: object, *, lowest: float, highest: float, wanted: str) -> int | float:
    """``value``, which is a finite number in these bounds: an int wherever it is whole, else rounded. Raises ``Refused``."""
    # True is an int in Python, and a number nowhere else.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong_type(value, wanted)
    # Written so that NaN is refused; an int of any length is compared without becoming a float.
    if not lowest <= value <= highest:
        raise Refused("out_of_range", wanted)
    return whole_if_it_is(value)


def whole_if_it_is(value: float) -> int | float:
    """``value``, finite, to a millionth, as an int wherever that is whole."""
    rounded: float = round(value, PLACES)
    return int(rounded) if rounded == int(rounded) else rounded


def wrong_type(value: object, wanted: str, *, allowed: Sequence[str] | None = None) -> Refused:
    """The refusal of a value that is not even of the type that is ``wanted``."""
    return Refused("null" if value is None else "wrong_type", wanted, allowed=allowed)


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole number between two bounds, both allowed."""

    lowest: int
    highest: int
    unit: str = ""

    def read(self, value: object) -> int:
        wanted = f"Must be a whole number between {self.lowest} and {self.highest}{self.unit and f' ({self.unit})'}."
        number = between(value, lowest=self.lowest, highest=self.highest, wanted=wanted)
        if isinstance(number, float):
            raise Refused("wrong_type", wanted)
        return number

    def heard(self, text: str) -> object:
        return number_heard(text)

    def spell(self, value: int) -> str:
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.lowest, "maximum": self.highest}


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number between two bounds, both allowed."""

    lowest: float
    highest: float
    unit: str = ""

    def read(self, value: object) -> int | float:
        lowest, highest = spell_number(self.lowest), spell_number(self.highest)
        wanted = f"Must be a number between {lowest} and {highest}{self.unit and f' ({self.unit})'}."
        return between(value, lowest=self.lowest, highest=self.highest, wanted=wanted)

    def heard(self, text: str) -> object:
        return number_heard(text)

    def spell(self, value: float) -> str:
        return spell_number(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.lowest, "maximum": self.highest}


@dataclass(frozen=True, kw_only=True)
class Angle:
    """Degrees clockwise; whatever turns a picture equally becomes one value: 0 ≤ angle < 360."""

    def read(self, value: object) -> int | float:
        turned = between(value, lowest=-360, highest=360, wanted="Must be a number between -360 and 360 (degrees).")
        return whole_if_it_is(turned % 360)

    def heard(self, text: str) -> object:
        return number_heard(text)

    def spell(self, value: float) -> str:
        return spell_number(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": -360, "maximum": 360}


@dataclass(frozen=True, kw_only=True)
class Side:
    """A length: whole pixels between two bounds, or a fraction of the picture's side between 0 and 1, neither of them allowed."""

    lowest: int
    highest: int

    def read(self, value: object) -> Length:
        wanted = f"Must be a whole number of pixels between {self.lowest} and {self.highest}, or a fraction between 0 and 1."
        if isinstance(value, float) and 0 < value < 1:
            # What rounds to all or nothing stays a fraction: 1 would be one pixel.
            return min(max(round(value, PLACES), _LEAST), 1 - _LEAST)
        number = between(value, lowest=self.lowest, highest=self.highest, wanted=wanted)
        if isinstance(number, float):
            raise Refused("wrong_type", wanted)
        return number

    def heard(self, text: str) -> object:
        return number_heard(text)

    def spell(self, value: Length) -> str:
        return spell_number(value)

    def schema(self) -> dict[str, Any]:
        fraction = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
        return {"anyOf": [{"type": "integer", "minimum": self.lowest, "maximum": self.highest}, fraction]}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of a few words. An alias means one of them; a hint is said to whoever uses a word that others have and we do not."""

    words: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: object) -> str:
        wanted = f"Must be one of: {', '.join(self.words)}."
        if not isinstance(value, str):
            raise wrong_type(value, wanted, allowed=self.words)
        word = self.aliases.get(value, value)
        if word not in self.words:
            raise Refused("not_a_choice", self.hints.get(word, wanted), allowed=self.words)
        return word

    def heard(self, text: str) -> object:
        return text

    def spell(self, value: str) -> str:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [*self.words, *self.aliases]}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """true or false; 1 or 0 in an address."""

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise wrong_type(value, "Must be true or false.", allowed=("true", "false"))
        return value

    def heard(self, text: str) -> object:
        return {"1": True, "true": True, "0": False, "false": False}.get(text, text)

    def spell(self, value: bool) -> str:  # noqa: FBT001 - as every kind has it
        return "1" if value else "0"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class OrWord:
    """What ``kind`` takes, or one word that says more than any such value: a largest radius, a chosen quality, a ground of the picture."""

    kind: Kind
    word: str

    def read(self, value: object) -> Any:
        if value == self.word and isinstance(value, str):
            return value
        try:
            return self.kind.read(value)
        except Refused as refused:
            allowed = (*refused.allowed, self.word) if refused.allowed else None
            raise Refused(refused.code, f"{refused.detail.removesuffix('.')}, or {self.word}.", allowed=allowed) from None

    def heard(self, text: str) -> object:
        return text if text == self.word else self.kind.heard(text)

    def spell(self, value: Any) -> str:
        return self.word if value == self.word else self.kind.spell(value)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.kind.schema(), {"type": "string", "enum": [self.word]}]}
