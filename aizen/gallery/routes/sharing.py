"""/images/{id}/share: publish an image, withdraw it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify
from sqlalchemy.exc import IntegrityError

from aizen.errors import Conflict, NotFound
from aizen.gallery import examples, publishing
from aizen.gallery.schemas.sharing import OldPublishSchema, OldShareSchema, PublishSchema, SharedSchema, ShareSchema
from aizen.images import library, presenting
from aizen.images.shown import Shown
from aizen.web import adapters, idempotency
from aizen.web.caller import caller, needs, require, require_to_show
from aizen.web.idempotency import IDEMPOTENCY_HEADER
from aizen.web.legacy_routes import by_old_address
from aizen.web.parsing import Blueprint
from aizen.web.preconditions import if_match_header, versions_asked_for

sharing = Blueprint("sharing", __name__, url_prefix=presenting.PREFIX, description="Let others see your images")


@sharing.route("/<uuid:image_id>/share", methods=["POST"])
@needs("shares:write", verified_email=True)
@sharing.doc(parameters=[IDEMPOTENCY_HEADER])
@sharing.arguments(PublishSchema, at_old_addresses=OldPublishSchema, required=False, example={"visibility": "public"})
@sharing.response(200, SharedSchema, example=examples.SHARED)
@sharing.alt_response(404, schema=None, description="No such image of yours")
@sharing.alt_response(409, schema=None, description="There is no picture to be seen, or the image is in the trash")
def publish_image(wanted: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Publish an image: everybody finds it in the gallery. As the answer is the image, this needs the scope `images:read` too."""
    require("images:read")
    use = idempotency.once("share", owner_id=caller().user_id, sent={"image_id": image_id, **wanted})
    if idempotency.made_before(use) is not None:
        return _replayed(image_id)
    try:
        return _shared(_share(image_id, wanted, use=use))
    except IntegrityError:
        # What another request with this key has done meanwhile is the answer.
        if idempotency.made_before(use) is None:
            raise
        return _replayed(image_id)


@sharing.route("/<uuid:image_id>/share", methods=["PATCH"])
@needs("shares:write")
@sharing.doc(parameters=[if_match_header("the image")])
@sharing.arguments(ShareSchema, at_old_addresses=OldShareSchema, example={"is_public": False})
@sharing.response(200, SharedSchema, example=examples.SHARED)
@sharing.alt_response(404, schema=None, description="No such image of yours")
@sharing.alt_response(409, schema=None, description="There is no picture to be seen, or the image is in the trash")
@sharing.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def share_image(wanted: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Withdraw an image, or publish it; unlisted it opens to whoever has its address, and is found by nobody.

    As the answer is the image, this needs the scope `images:read` too.
    """
    require("images:read")
    require_to_show(wanted["visibility"])
    return _shared(_share(image_id, wanted, if_versions=versions_asked_for()))


def _share(
    image_id: uuid.UUID, wanted: dict[str, Any], *, use: idempotency.Once | None = None, if_versions: frozenset[int] | None = None
) -> Shown:
    try:
        return publishing.share(
            image_id, wanted["visibility"], owner_id=caller().user_id, use=use, if_versions=if_versions, adapters=adapters()
        )
    except Conflict as error:
        # Old clients know no trash: to them what lies there is gone.
        if by_old_address() and error.code == "trashed":
            raise NotFound from error
        raise


def _replayed(image_id: uuid.UUID) -> Response:
    answer = _shared(library.show(image_id, owner_id=caller().user_id))
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _shared(shown: Shown) -> Response:
    if by_old_address() and shown.image.trashed_at is not None:
        raise NotFound
    settings, warnings = adapters().settings, presenting.warnings(shown.image)
    body = {**presenting.image(shown, caller(), settings), "warnings": list(warnings)}
    answer = jsonify(presenting.in_old_spelling(body) if by_old_address() else body)
    answer.set_etag(presenting.image_etag(shown.image, settings))
    answer.headers["Cache-Control"] = "private, no-cache"
    if warnings:
        answer.headers["Aizen-Warnings"] = ", ".join(warnings)
    return answer
