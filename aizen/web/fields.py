"""The fields that schemas are built of. Each refusal has a stable code beside its sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email
from marshmallow import ValidationError, fields

from aizen.errors import FieldError, pointer_to, printable_pointer


class Message(str):
    """A refusal: the sentence is the string itself, its code and what would be allowed stand beside it."""

    code: str
    allowed: Sequence[str] | None

    def __new__(cls, code: str, detail: str, *, allowed: Sequence[str] | None = None) -> Message:
        message = super().__new__(cls, detail)
        message.code = code
        message.allowed = allowed
        return message


def refusal(code: str, detail: str, *, allowed: Sequence[str] | None = None) -> ValidationError:
    """The error that a field raises for a value that it cannot take."""
    return ValidationError([Message(code, detail, allowed=allowed)])


# What marshmallow says of its own accord, and the codes that we give it.
_CODES = {
    "Missing data for required field.": "required",
    "Field may not be null.": "null",
    "Unknown field.": "unknown_field",
    "Not a valid string.": "wrong_type",
    "Not a valid integer.": "wrong_type",
    "Not a valid number.": "wrong_type",
    "Not a valid boolean.": "wrong_type",
    "Not a valid list.": "wrong_type",
    "Not a valid UUID.": "wrong_type",
    "Not a valid mapping type.": "wrong_type",
    "Invalid input type.": "not_an_object",
}


def field_errors(messages: Any, pointer: str = "", *, known: Sequence[str] | None = None) -> list[FieldError]:
    """Marshmallow's nested messages as a flat list of pointers (RFC 6901) and codes; ``known`` are the fields that there are."""
    if isinstance(messages, Mapping):
        found: list[FieldError] = []
        for name, inner in messages.items():
            found.extend(field_errors(inner, pointer if name == "_schema" else pointer + pointer_to(name), known=known))
        return found
    if isinstance(messages, str):
        messages = [messages]
    return [
        FieldError(
            printable_pointer(pointer),
            getattr(message, "code", None) or _CODES.get(str(message), "invalid"),
            str(message),
            getattr(message, "allowed", None) or (known if str(message) == "Unknown field." else None),
        )
        for message in messages
    ]


# Patterns, since a megabyte that is looked at by the character takes a fifth of a second. _CONTROL is the Unicode category Cc.
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def check_text(value: str) -> None:
    """``value`` can be stored on every database. PostgreSQL takes no NUL, and UTF-8 no lone surrogate."""
    if "\0" in value:
        raise refusal("nul_character", "Must not contain the NUL character.")
    if _SURROGATE.search(value):
        raise refusal("lone_surrogate", "Must not contain half of a surrogate pair.")


class Text(fields.String):
    """Unicode text between ``shortest`` and ``longest`` characters, stored as NFC; ``lines`` allows line breaks."""

    def __init__(self, *, longest: int, shortest: int = 0, lines: bool = False, **kwargs: Any) -> None:
        metadata = {"maxLength": longest, **({"minLength": shortest} if shortest else {}), **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)
        self.longest, self.shortest, self.lines = longest, shortest, lines

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        # Before the normal form is made, which takes time by the square of a run of marks: it has no less than a third of the characters.
        if len(value) > 3 * self.longest + 1000:
            raise refusal("too_long", f"Must have at most {self.longest} characters.")
        check_text(value)
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        if (_CONTROL_BUT_IN_LINES if self.lines else _CONTROL).search(text):
            raise refusal("control_character", "Must not contain control characters" + ("." if self.lines else " or line breaks."))
        if len(text) > self.longest:
            raise refusal("too_long", f"Must have at most {self.longest} characters.")
        if len(text) < self.shortest:
            raise refusal("too_short", f"Must have at least {self.shortest} characters." if self.shortest > 1 else "Must not be empty.")
        return text


class Secret(fields.String):
    """Characters exactly as they were typed, for passwords and tokens; never longer than ``longest``."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        super().__init__(metadata={"maxLength": longest, "format": "password", **kwargs.pop("metadata", {})}, **kwargs)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if len(value) > self.longest:
            raise refusal("too_long", f"Must have at most {self.longest} characters.")
        check_text(value)
        return value


class EmailAddress(fields.String):
    """An e-mail address in the normal form of its standard, as it was typed otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "email", "maxLength": 254, **kwargs.pop("metadata", {})}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        check_text(value)
        if len(value) > 254:
            raise refusal("too_long", "Must have at most 254 characters.")
        try:
            return validate_email(value.strip(), check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            raise refusal("not_an_email", "Must be an e-mail address.") from None


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        super().__init__(metadata={"enum": list(choices), **kwargs.pop("metadata", {})}, **kwargs)
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if value not in self.choices:
            raise refusal("not_a_choice", f"Must be one of: {', '.join(self.choices)}.", allowed=self.choices)
        return value


class Whole(fields.Integer):
    """An integer between two bounds; a fraction, a truth value or another script's digits are none."""

    def __init__(self, *, lowest: int, highest: int, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": lowest, "maximum": highest, **kwargs.pop("metadata", {})}, **kwargs)
        self.lowest, self.highest = lowest, highest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise self.make_error("invalid")
        if isinstance(value, str) and not (value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 20):
            raise self.make_error("invalid")
        if not self.lowest <= int(value) <= self.highest:
            raise refusal("out_of_range", f"Must be between {self.lowest} and {self.highest}.")
        return int(value)


class Truth(fields.Boolean):
    """true or false, also as the words a form sends."""

    truthy = {True, "true", "1"}
    falsy = {False, "false", "0"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        # 1 == True, and 0.0 == False.
        if not isinstance(value, (bool, str)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


def timestamp(moment: datetime) -> str:
    """The moment as RFC 3339 has it, in UTC."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class Timestamp(fields.AwareDateTime):
    """A moment, told in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, metadata={"format": "date-time", **kwargs.pop("metadata", {})}, **kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else timestamp(value)
