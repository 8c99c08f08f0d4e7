"""Ordering an image: what is asked for is checked, and its row and the work that brings the picture stand in one transaction."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from aizen.adapters import Adapters
from aizen.database import transaction
from aizen.errors import Conflict, FieldError, Invalid
from aizen.generation import counting, room
from aizen.images import expected, library
from aizen.images.expected import Expected
from aizen.images.library import Words
from aizen.images.models import Image
from aizen.images.shown import Shown
from aizen.settings import Settings
from aizen.web.idempotency import Once, remember

LONGEST_PROMPT = 2000
# Where an order names none, as far as GENERATION_MAX_SIDE lets it.
SIDE = 1024
SMALLEST_SIDE = 64
# Painters take 32 bits.
LARGEST_SEED = 2**32 - 1
MOST_STEPS = 150
# What of an earlier image a remix takes over, where the request does not name it. The seed is another one unless it is told, for the same
# seed and the same words would be the same picture.
TAKEN_OVER = ("negative_prompt", "width", "height", "steps", "model")


@dataclass(frozen=True)
class Ordered:
    """An image that was ordered, and the id of the piece of work that brings its picture, unless that was forgotten."""

    shown: Shown
    job_id: uuid.UUID | None


def default_side(settings: Settings) -> int:
    """How wide and high, in pixels, a picture is that was ordered without sides."""
    return min(SIDE, settings.generation_max_side)


def order(
    wish: dict[str, Any], *, owner_id: uuid.UUID, use: Once | None, adapters: Adapters, parent_id: uuid.UUID | None = None
) -> Ordered:
    """There is an image that is ``generating``, and a worker will hear of it.

    ``wish`` is what ``GenerateSchema`` has read. Raises Invalid for what this installation does not make, QuotaExceeded where nothing more
    may be kept, TooMany past the day's quota, NotFound where ``parent_id`` is gone.
    """
    settings = adapters.settings
    _require_possible(wish, settings)
    asked = _asked(wish, settings)
    room.require(owner_id, asked["width"], asked["height"], settings)
    wanted = Expected(
        owner_id=owner_id,
        prompt=wish["prompt"],
        generation=asked,
        width=asked["width"],
        height=asked["height"],
        words=Words(title=wish.get("title", ""), tags=tuple(wish.get("tags", ()))),
        describe=wish.get("describe", True),
        parent_id=parent_id,
    )
    with transaction():
        counting.take(owner_id, adapters)
        shown, job_id = expected.announce(wanted, adapters)
        remember(use, shown.image.id)
    return Ordered(shown, job_id)


def remix(image_id: uuid.UUID, changes: dict[str, Any], *, owner_id: uuid.UUID, use: Once | None, adapters: Adapters) -> Ordered:
    """As ``order``, with what an earlier image was made by wherever ``changes`` does not name another; the new one has it as its parent.

    Raises NotFound, and Conflict (not_generated) for an image that no prompt has made.
    """
    former = library.original(image_id, owner_id=owner_id)
    return order({**_former(former, adapters.settings), **changes}, owner_id=owner_id, use=use, adapters=adapters, parent_id=former.id)


def _former(image: Image, settings: Settings) -> dict[str, Any]:
    if image.prompt is None:
        raise Conflict("Only an image that was made by a prompt can be remixed.", code="not_generated")
    asked = {name: value for name, value in (image.generation or {}).items() if name in TAKEN_OVER and value is not None}
    asked |= _within(asked["width"], asked["height"], most=settings.generation_max_side)
    if asked.get("model") not in settings.painter_models:
        # Who painted it is not asked any more.
        asked.pop("model", None)
    return {"prompt": image.prompt, "title": image.title, "tags": image.tags, "describe": image.ai_status != "skipped", **asked}


def _within(width: int, height: int, *, most: int) -> dict[str, int]:
    """The sides in their proportion, where the bound is lower than it was: who remixes has not named them."""
    scale = min(1.0, most / max(width, height))
    return {"width": max(SMALLEST_SIDE, round(width * scale)), "height": max(SMALLEST_SIDE, round(height * scale))}


def _require_possible(wish: dict[str, Any], settings: Settings) -> None:
    errors = []
    for name in ("width", "height"):
        if not SMALLEST_SIDE <= wish.get(name, default_side(settings)) <= settings.generation_max_side:
            detail = f"Must be between {SMALLEST_SIDE} and {settings.generation_max_side}."
            errors.append(FieldError(f"/{name}", "out_of_range", detail))
    models = settings.painter_models
    if "model" in wish and wish["model"] not in models:
        errors.append(FieldError("/model", "not_a_choice", f"Must be one of: {', '.join(models)}.", models))
    if errors:
        raise Invalid(errors=errors)


def _asked(wish: dict[str, Any], settings: Settings) -> dict[str, Any]:
    return {
        "negative_prompt": wish.get("negative_prompt") or None,
        "width": wish.get("width", default_side(settings)),
        "height": wish.get("height", default_side(settings)),
        # Told in any case, so that the picture can be had again.
        "seed": wish["seed"] if "seed" in wish else secrets.randbelow(LARGEST_SEED + 1),
        "steps": wish.get("steps"),
        "model": wish.get("model"),
        "provider": None,
    }
