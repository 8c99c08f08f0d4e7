"""docker-compose.yml as Docker Compose reads it: its variables put in, and what each service then runs with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"

_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>[A-Z][A-Z0-9_]*)(?:(?P<how>:-|:\?)(?P<text>[^{}]*))?\})")


class VariableMissingError(Exception):
    """A variable with ``:?`` is not set; the message is what Compose shows."""


def substituted(value: Any, given: Mapping[str, str]) -> Any:
    """The value with ``${NAME}``, ``${NAME:-default}`` and ``${NAME:?message}`` put in, in every text of it, and ``$$`` as a dollar."""

    def replacement(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "$"
        content = given.get(found["name"], "")
        if content or found["how"] is None:
            return content
        if found["how"] == ":-":
            return str(found["text"])
        raise VariableMissingError(f"required variable {found['name']} is missing a value: {found['text']}")

    if isinstance(value, str):
        return _VARIABLE.sub(replacement, value)
    if isinstance(value, dict):
        return {name: substituted(each, given) for name, each in value.items()}
    if isinstance(value, list):
        return [substituted(each, given) for each in value]
    return value


def services(env_file: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Each service by its name, for a file ``.env`` of that content. Raises VariableMissingError."""
    content = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return dict(substituted(content["services"], env_file))


def environment_of(service: Mapping[str, Any], env_file: Mapping[str, str]) -> dict[str, str]:
    """What a service finds in its environment, above what its image sets: the file ``.env`` where it reads it, then its own."""
    own = {name: str(value) for name, value in service.get("environment", {}).items()}
    return {**(env_file if "env_file" in service else {}), **own}


def health_check_of(service: Mapping[str, Any]) -> list[str] | None:
    """The words of the health check, or None where the service has none."""
    kind, *words = service["healthcheck"].get("test", ["NONE"])
    match kind:
        case "CMD":
            return [str(word) for word in words]
        case "CMD-SHELL":
            return ["sh", "-c", *words]
    return None


def seconds(duration: str) -> float:
    """A duration of the form that we use: ``30s``."""
    assert re.fullmatch(r"\d+s", duration), duration
    return float(duration.removesuffix("s"))
