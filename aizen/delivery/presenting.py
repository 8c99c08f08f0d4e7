"""How addresses look in an answer, and what they would give: told in JSON, without a pixel rendered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aizen.delivery.addressing import Signed
from aizen.delivery.embedding import Embed
from aizen.transformations.language import json_telling
from aizen.transformations.planning import Plan
from aizen.web.fields import timestamp


def signed(made: Signed) -> dict[str, Any]:
    """An address, as ``SignedSchema`` documents it."""
    return {"id": str(made.image_id), "recipe": made.recipe, "url": made.url, "expires_at": _moment(made.expires)}


def embedded(kind: str, made: Embed) -> dict[str, Any]:
    """What shows an image in a page, as ``EmbedSchema`` documents it."""
    return {
        "as": kind,
        "text": made.text,
        "digital_source_type": made.source_type,
        "expires_at": _moment(made.expires),
        "warnings": list(made.warnings),
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else timestamp(datetime.fromtimestamp(seconds, UTC))


def meta(plan: Plan) -> dict[str, Any]:
    """The steps as they were understood, the canonical recipe, what will come of it, and what will be otherwise than asked."""
    size = plan.prediction.size
    return {
        "id": str(plan.image.id),
        "version": plan.version,
        **json_telling.told(plan.wish.parsed.recipe),
        "recipe": str(plan.wish.parsed.recipe),
        "source": {"width": plan.image.width, "height": plan.image.height, "frames": plan.image.frames},
        # A border that is trimmed has to be seen first.
        "width": size[0] if size else None,
        "height": size[1] if size else None,
        "format": plan.format,
        "media_type": plan.media_type,
        "transparent": plan.prediction.transparent,
        "cached": plan.found is not None,
        "warnings": list(plan.prediction.warnings),
    }
