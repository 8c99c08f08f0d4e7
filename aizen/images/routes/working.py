"""The work on images: waited for, run again, asked for anew."""

from __future__ import annotations

import uuid

from flask import Response, jsonify

from aizen.images import examples, presenting, processing
from aizen.images.routes.blueprint import images, require_shown, spelled
from aizen.images.schemas import StatusSchema
from aizen.web import adapters, limits, waiting
from aizen.web.caller import caller, needs, require
from aizen.web.limits import limited
from aizen.web.preconditions import body_etag


@images.route("/<uuid:image_id>/status", methods=["GET"])
@needs("images:read")
@images.doc(parameters=[waiting.PREFER_HEADER])
@images.response(200, StatusSchema, example=examples.STATUS)
@images.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
@images.alt_response(404, schema=None, description="No such image of yours")
def get_image_status(image_id: uuid.UUID) -> Response:
    """See how far the work on an image is, or wait until it is done."""
    return waiting.answer_with_news(
        lambda: processing.progress(image_id, owner_id=caller().user_id), _progress, is_settled=lambda found: found.is_settled
    )


def _progress(found: processing.Progress) -> Response:
    require_shown(found.image)
    body = presenting.progress(found)
    answer = jsonify(spelled(body))
    answer.set_etag(body_etag(body))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@images.route("/<uuid:image_id>/retry", methods=["POST"])
@needs("images:write")
@images.response(202, StatusSchema, example=examples.STATUS)
@images.alt_response(403, schema=None, description="A key without generate:run has nothing generated, nor has an unconfirmed address")
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(409, schema=None, description="Nothing has failed, or it lies in the trash")
@images.alt_response(429, schema=None, description="Too many images generated; Retry-After says when to come back")
def retry_image(image_id: uuid.UUID) -> Response:
    """Run what failed again. Where that is to have a picture generated, it needs and counts what `POST /generate` does."""
    if processing.wants_generation(image_id, owner_id=caller().user_id):
        require("generate:run", verified_email=True)
        limits.admit(limits.count("generate", str(caller().user_id)))
    processing.retry(image_id, owner_id=caller().user_id, adapters=adapters())
    return _accepted(image_id)


@images.route("/<uuid:image_id>/describe", methods=["POST"])
@needs("images:write")
@limited("describe")
@images.response(202, StatusSchema, example=examples.STATUS)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(409, schema=None, description="It lies in the trash, or could not be resized, so that there is nothing to look at")
def describe_image(image_id: uuid.UUID) -> Response:
    """Have an image described, also when it has been before."""
    processing.describe(image_id, owner_id=caller().user_id, adapters=adapters())
    return _accepted(image_id)


def _accepted(image_id: uuid.UUID) -> Response:
    answer = _progress(processing.progress(image_id, owner_id=caller().user_id))
    answer.status_code = 202
    answer.headers["Location"] = f"{presenting.PREFIX}/{image_id}/status"
    return answer
