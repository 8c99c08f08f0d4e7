"""POST /generate, and remixes: ordered here, painted by a worker, followed at /jobs or at the image itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from sqlalchemy.exc import IntegrityError

from aizen.generation import examples, ordering
from aizen.generation.ordering import Ordered
from aizen.generation.schemas import GenerateSchema, OldGenerateSchema, OrderedSchema, RemixSchema
from aizen.images import library, presenting
from aizen.web import adapters, idempotency
from aizen.web.caller import caller, needs
from aizen.web.idempotency import IDEMPOTENCY_HEADER, Once
from aizen.web.legacy_routes import by_old_address
from aizen.web.limits import limited
from aizen.web.parsing import Blueprint
from aizen.work import tracking

blueprint = Blueprint("generation", __name__, url_prefix="/api/v1", description="Have images made from a prompt")


@blueprint.route("/generate", methods=["POST"])
@needs("generate:run", verified_email=True)
@limited("generate")
@blueprint.doc(parameters=[IDEMPOTENCY_HEADER])
@blueprint.arguments(GenerateSchema, at_old_addresses=OldGenerateSchema, example=examples.GENERATE)
@blueprint.response(202, OrderedSchema, example=examples.ORDERED)
@blueprint.alt_response(413, schema=None, description="You may keep nothing more")
@blueprint.alt_response(429, schema=None, description="Too many in a short time, or in a day; Retry-After says when to come back")
def generate_image(wish: dict[str, Any]) -> Response:
    """Have an image generated. It is there at once, as `generating`; Location is the job that brings its picture."""
    use = idempotency.once("generate", owner_id=caller().user_id, sent=wish)
    return _ordered(use, lambda: ordering.order(wish, owner_id=caller().user_id, use=use, adapters=adapters()))


@blueprint.route("/images/<uuid:image_id>/remix", methods=["POST"])
@needs("generate:run", verified_email=True)
@limited("generate")
@blueprint.doc(parameters=[IDEMPOTENCY_HEADER])
@blueprint.arguments(RemixSchema, example=examples.REMIX)
@blueprint.response(202, OrderedSchema, example=examples.ORDERED)
@blueprint.alt_response(404, schema=None, description="No such image of yours")
@blueprint.alt_response(409, schema=None, description="The image was not made by a prompt")
@blueprint.alt_response(413, schema=None, description="You may keep nothing more")
@blueprint.alt_response(429, schema=None, description="Too many in a short time, or in a day; Retry-After says when to come back")
def remix_image(changes: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Have an image generated once more, with some of it changed. The new one names the old one as its parent."""
    use = idempotency.once("generate", owner_id=caller().user_id, sent={**changes, "remix": str(image_id)})
    return _ordered(use, lambda: ordering.remix(image_id, changes, owner_id=caller().user_id, use=use, adapters=adapters()))


def _ordered(use: Once | None, order: Callable[[], Ordered]) -> Response:
    made = idempotency.made_before(use)
    if made is not None:
        return _replayed(made)
    try:
        return _shown(order())
    except IntegrityError:
        # Another request with this key has been quicker.
        made = idempotency.made_before(use)
        if made is None:
            raise
        return _replayed(made)


def _replayed(image_id: uuid.UUID) -> Response:
    shown = library.show(image_id, owner_id=caller().user_id)
    answer = _shown(Ordered(shown, tracking.about(library.GENERATION, image_id)))
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _shown(ordered: Ordered) -> Response:
    body = presenting.image(ordered.shown, caller(), adapters().settings)
    own = body["links"]["status"]
    followed = tracking.address(ordered.job_id) if ordered.job_id else own
    body["links"]["job"] = followed
    answer = jsonify(presenting.in_old_spelling(body) if by_old_address() else body)
    answer.status_code = 202
    answer.headers["Location"] = followed
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
