"""What Gemini is asked, and how it refuses, whichever of Google's libraries carries the words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aizen.ai.answers import TAGS_LIMIT
from aizen.ai.refusals import bad_key, blocked, by_status, rate_limited, stopped_early
from aizen.ai.retry_after import seconds_to_wait
from aizen.ai.usage import Usage, tokens
from aizen.errors import OutsideFailure

NAME = "gemini"
MAX_BYTES = 2 * 1024 * 1024
GENERATION: Mapping[str, Any] = MappingProxyType(
    {
        # No temperature: models from Gemini 3 on are made for their own, and may go round in circles below it.
        # Room for the thinking of models that think, which counts; the answer itself is a few hundred.
        "max_output_tokens": 8192,
        "response_mime_type": "application/json",
        "response_schema": {
            "type": "object",
            "properties": {
                "description": {"type": "string"},
                "alt": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}, "max_items": TAGS_LIMIT},
            },
            "required": ["description", "alt", "tags"],
        },
    }
)
_FINISHED = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
_BLOCKED = frozenset({"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"})


def model_of(name: str, *, api_key: str) -> str:
    """The model's name without its collection. Raises ``ValueError`` for settings with which nothing can be asked."""
    model = name.removeprefix("models/")
    if not api_key:
        raise ValueError("Gemini needs a key: set GEMINI_API_KEY.")
    if not model or "/" in model:
        raise ValueError("GEMINI_MODEL is the name of a model, such as gemini-3.5-flash-lite.")
    return model


def checked_text(text: str, *, finish_reason: str) -> str:
    """The candidate's text, unless its finish reason says that a filter took it, or that there is none to come."""
    if finish_reason in _BLOCKED:
        raise blocked()
    if not text and finish_reason not in _FINISHED:
        raise stopped_early(finish_reason)
    return text


def usage_of(metadata: Any) -> Usage | None:
    """What Gemini has counted (``usageMetadata``), by either of Google's libraries.

    The elder does not know the count of thoughts, which the total has in it; what is not told is 0 to the one and None to the other.
    """
    asked = tokens(getattr(metadata, "prompt_token_count", None)) or None
    total = tokens(getattr(metadata, "total_token_count", None))
    said = tokens(getattr(metadata, "candidates_token_count", None)) or None
    if asked is not None and total is not None and total - asked >= (said or 0):
        said = total - asked
    return None if asked is None and said is None else Usage(asked, said)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> OutsideFailure:
    """An answer that is no success (google.rpc.Status as JSON) as an error of ours.

    A picture that Gemini will not describe is none of these: that is told with 200, by ``promptFeedback`` or a finish reason.
    """
    error = _error_in(body)
    wait = seconds_to_wait(headers.get("Retry-After"))
    if status == 429:
        return rate_limited(wait if wait is not None else _wait_in(error))
    if status == 400 and _is_about_the_key(error):
        return bad_key()
    return by_status(status, wait=wait)


def _error_in(body: bytes) -> dict[str, Any]:
    try:
        error = json.loads(body)["error"]
    except (ValueError, RecursionError, KeyError, TypeError, IndexError):
        return {}
    return error if isinstance(error, dict) else {}


def _details_of(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []


def _wait_in(error: dict[str, Any]) -> float | None:
    """The delay of a google.rpc.RetryInfo (google/rpc/error_details.proto), in seconds."""
    wishes = [detail.get("retryDelay") for detail in _details_of(error) if str(detail.get("@type")).endswith("/google.rpc.RetryInfo")]
    return seconds_to_wait(wishes[0]) if wishes and isinstance(wishes[0], str) else None


def _is_about_the_key(error: dict[str, Any]) -> bool:
    return any(str(detail.get("reason")).startswith("API_KEY_") for detail in _details_of(error))
