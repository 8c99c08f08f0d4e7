"""JSON as RFC 8259 has it, where Python takes more: no NaN, no Infinity, and no name twice in one object."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn


class RepeatedName(ValueError):
    """A name that stands twice in one object: which of its values counts would depend on who reads it (RFC 8259, 4)."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def loads(text: str, *, constant: Callable[[str], Any] = _no_constant) -> Any:
    """What ``text`` says. ``constant`` makes a value of NaN, Infinity or -Infinity, where they are let through.

    Raises ``ValueError`` for what is no JSON, ``RepeatedName`` among them, and ``RecursionError`` for what is nested without end.
    """
    return json.loads(text, parse_constant=constant, object_pairs_hook=_each_once)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise RepeatedName(f"the name {name[:80]!r} stands more than once in one object")
        members[name] = value
    return members
