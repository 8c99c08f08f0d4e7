"""How a request becomes the arguments of a view: JSON, query and form are loaded by schemas, and what is wrong has a code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from flask import Request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from aizen import strict_json
from aizen.errors import FieldError, Invalid, Malformed, UnsupportedMedia, pointer_to
from aizen.strict_json import RepeatedName
from aizen.web.fields import field_errors
from aizen.web.legacy_routes import by_old_address

View = TypeVar("View", bound=Callable[..., Any])


class Decorator(Protocol):
    """Takes a view and gives one of the same type."""

    def __call__(self, view: View, /) -> View: ...


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_DEEP = 100


def _deep_member(text: str) -> str:
    """The pointer to the member of the outermost object in which nesting goes on and on."""
    depth, member = 0, ""
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        elif depth == 1:
            member = token[0][1:-1]
        if depth > _DEEP:
            break
    return pointer_to(member) if member else ""


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ArgumentsParser(FlaskParser):
    """Unknown fields are errors, and every refusal is one of ours.

    What is no JSON is Malformed as a whole; but where the schema says ``tells_by_field``, NaN, Infinity and nesting without end are refused
    by the name of the field that they stand in: such bodies are made by programs, whose authors look for a number.

    At the documented old addresses unknown fields are left unread, as their clients are used to; and a route may read other fields there.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE, "form": RAISE}

    def use_args(self, argmap: Any, *words: Any, at_old_addresses: type[Schema] | None = None, **options: Any) -> Any:
        # One schema for all requests: making one copies each of its fields.
        schema = argmap() if isinstance(argmap, type) else argmap
        if at_old_addresses is None:
            return super().use_args(schema, *words, **options)
        old = at_old_addresses()
        return super().use_args(lambda _request: old if by_old_address() else schema, *words, **options)

    def parse(self, *words: Any, **options: Any) -> Any:
        return super().parse(*words, **options | ({"unknown": EXCLUDE} if by_old_address() else {}))

    def load_json(self, req: Request, schema: Schema) -> Any:
        body = req.get_data(cache=True)
        if not body:
            return {}
        if by_old_address() and req.mimetype in FORMS:
            # Their systems took forms wherever they took JSON.
            return req.form.to_dict()
        if not req.is_json:
            raise UnsupportedMedia("The body must be JSON.", code="json_expected", allowed=["application/json"])
        by_field = getattr(schema, "tells_by_field", False)
        try:
            text = body.decode("utf-8")
            loaded = strict_json.loads(text, constant=float) if by_field else strict_json.loads(text)
        except RepeatedName:
            raise Malformed("A name stands more than once in an object of the body.", code="repeated_name") from None
        except RecursionError:
            if by_field and (member := _deep_member(text)):
                raise Invalid(errors=[FieldError(member, "nested_too_deep", "Is nested deeper than anything has to be.")]) from None
            raise Malformed("The body is not JSON.", code="malformed_json") from None
        except ValueError:
            raise Malformed("The body is not JSON.", code="malformed_json") from None
        if not isinstance(loaded, dict):
            raise Malformed("The body must be a JSON object.", code="not_an_object")
        return loaded

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, *, error_status_code: int | None, error_headers: Any
    ) -> NoReturn:
        messages = error.messages_dict
        location = next(iter(messages), "json")
        raise Invalid(errors=_first_of_each(field_errors(messages.get(location, messages), known=list(schema.fields))))


def _first_of_each(found: list[FieldError]) -> list[FieldError]:
    return list({each.pointer: each for each in reversed(found)}.values())[::-1][:50]


class Blueprint(SmorestBlueprint):  # type: ignore[misc]
    """A blueprint whose routes are documented and whose arguments are parsed by ``ArgumentsParser``.

    The methods are flask-smorest's own; here they have types.
    """

    ARGUMENTS_PARSER = ArgumentsParser()

    def arguments(self, schema: Any, **options: Any) -> Decorator:
        """The view gets what ``schema`` loads. A body is required where one of its fields is."""
        known = (schema() if isinstance(schema, type) else schema).fields.values()
        options.setdefault("required", any(field.required for field in known))
        decorated: Decorator = super().arguments(schema, **options)
        return decorated

    if TYPE_CHECKING:

        def after_request(self, function: View) -> View: ...

        def route(self, rule: str, **options: Any) -> Decorator: ...

        def response(self, status: int, schema: Any = None, **options: Any) -> Decorator: ...

        def alt_response(self, status: int, **options: Any) -> Decorator: ...

        def doc(self, **options: Any) -> Decorator: ...
