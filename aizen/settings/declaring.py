"""How a setting is declared."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from marshmallow import fields as ma

SHORTEST_SECRET = 32
DESCRIBERS = ("gemini", "openai", "offline")
PAINTERS = ("huggingface", "offline")
# Workers serve them in this order; the second holds what waits long for somebody outside. The version before knows the first alone.
QUEUES = ("aizen", "aizen-slow")
# Those of the SDK's providers that make pictures from words, and the SDK's own choice among them.
HF_PROVIDERS = ("auto", "fal-ai", "hf-inference", "nscale", "replicate", "together", "wavespeed", "zai-org")
# The offline painter's model: what it draws is told apart from what a later version of it draws.
PLACARD_MODEL = "placard-1"


def setting(default: Any, variable: str, wants: ma.Field[Any], says: str, *, example: str | None = None, secret: bool = False) -> Any:
    """A field of ``Settings`` that is read from ``variable``; ``says`` is its line in .env.example."""
    metadata = {"variable": variable, "wants": wants, "says": says, "example": example, "secret": secret}
    if secret:
        return field(default=default, metadata=metadata, repr=False)
    return field(default=default, metadata=metadata)
