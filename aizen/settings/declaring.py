"""How a setting is declared."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from marshmallow import fields as ma

SHORTEST_SECRET = 32
DESCRIBERS = ("gemini", "openai", "offline")


def setting(default: Any, variable: str, wants: ma.Field[Any], says: str, *, example: str | None = None, secret: bool = False) -> Any:
    """A field of ``Settings`` that is read from ``variable``; ``says`` is its line in .env.example."""
    metadata = {"variable": variable, "wants": wants, "says": says, "example": example, "secret": secret}
    if secret:
        return field(default=default, metadata=metadata, repr=False)
    return field(default=default, metadata=metadata)
