"""The alt text of an image, and how it stands with it: missing, suggested by a describer, approved by the owner, or not needed."""

from __future__ import annotations

from typing import Any

from aizen.ai import OFFLINE
from aizen.errors import FieldError, Invalid
from aizen.images.models import Image


def settled(image: Image, words: dict[str, Any]) -> dict[str, Any]:
    """The alt text and its status, as what is sent and what is stored make them together. Raises Invalid for a status that is belied."""
    if "alt" not in words and "alt_status" not in words:
        return {}
    sent, suggestion = words.get("alt"), None if image.ai_provider == OFFLINE else image.ai_alt
    status = words.get("alt_status") or ("approved" if sent else "suggested" if suggestion else "missing")
    if status == "approved":
        alt = sent if sent is not None else image.alt or suggestion
        if not alt:
            raise _wrong_status("no_alt", "There is neither an alt text nor a suggestion that could be approved: send alt.")
        return {"alt": alt, "alt_status": "approved"}
    if sent:
        raise _wrong_status("alt_given", f"An image with an alt text is approved, not {status}.")
    if status == "suggested" and not suggestion:
        raise _wrong_status("no_suggestion", "No alt text has been suggested.")
    return {"alt": "", "alt_status": status}


def _wrong_status(code: str, detail: str) -> Invalid:
    return Invalid(errors=[FieldError("/alt_status", code, detail)])
