"""What the routes of images have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify

from aizen.errors import NotFound
from aizen.images import presenting
from aizen.images.models import Image, ListedImage
from aizen.images.shown import Shown
from aizen.web import adapters
from aizen.web.caller import caller
from aizen.web.legacy_routes import by_old_address
from aizen.web.parsing import Blueprint

images = Blueprint("images", __name__, url_prefix=presenting.PREFIX, description="Keep images and the files made of them")


def spelled(body: dict[str, Any]) -> dict[str, Any]:
    """The body as the client reads it."""
    return presenting.in_old_spelling(body) if by_old_address() else body


def all_spelled(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each of them."""
    return [presenting.in_old_spelling(body) for body in bodies] if by_old_address() else bodies


def answer_with(found: Shown, *, warnings: Sequence[str] = ()) -> Response:
    """The image as its owner sees it."""
    settings = adapters().settings
    answer = jsonify(spelled(presenting.image(found, caller(), settings)))
    answer.set_etag(presenting.image_etag(found.image, settings))
    answer.headers["Cache-Control"] = "private, no-cache"
    if warnings:
        answer.headers["Aizen-Warnings"] = ", ".join(warnings)
    return answer


def require_shown(image: Image | ListedImage) -> None:
    """Nothing, unless an old client asks for what lies in the trash, of which it knows nothing: to it such an image is gone."""
    if by_old_address() and image.trashed_at is not None:
        raise NotFound
