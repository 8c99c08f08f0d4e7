"""POST /images/batch: one action on many images."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify

from aizen.batch import carrying_out, examples
from aizen.batch.actions import Asked, Terms
from aizen.batch.schemas import BatchResultSchema, BatchSchema
from aizen.batch.spending import Purse
from aizen.images import presenting as image_presenting
from aizen.transformations import configuration
from aizen.transformations.recipe import Parsed, read_json
from aizen.web import adapters, idempotency
from aizen.web.caller import caller, needs, require, require_to_show
from aizen.web.idempotency import IDEMPOTENCY_HEADER
from aizen.web.parsing import Blueprint

blueprint = Blueprint("batch", __name__, url_prefix=image_presenting.PREFIX, description="One action on many images")

# What the body says of the recipe; the rest is about how it is carried out.
_LANGUAGE = ("steps", "output", "preset", "recipe", "transformations")
_KEY = {**IDEMPOTENCY_HEADER, "description": "With transform: by the same key and the same body each image is put off once"}


@blueprint.route("/batch", methods=["POST"])
@needs("images:write")
@blueprint.doc(parameters=[_KEY])
@blueprint.arguments(BatchSchema, example=examples.BATCH)
@blueprint.response(200, BatchResultSchema, example=examples.RESULT, description="A result for each image, also where all have failed")
@blueprint.alt_response(422, schema=None, description="The fields cannot be accepted, or do not belong to the action. Nothing was done")
def change_images(body: dict[str, Any]) -> Response:
    """Do one thing to up to a hundred images.

    Each is changed by itself: one that fails does not stop the others. `set_visibility` to anything but `private` needs the scope
    `shares:write` and a verified e-mail address too, and `transform` the scope `transforms:run`.
    """
    _require_allowed(body)
    terms = Terms(
        owner_id=caller().user_id,
        dry_run=body["dry_run"],
        purse=Purse(dry_run=body["dry_run"]),
        require_to_show=require_to_show,
        adapters=adapters(),
    )
    results = carrying_out.carry_out(body["ids"], _asked(body), terms)
    answer = jsonify(carrying_out.as_json(results, action=body["action"], dry_run=body["dry_run"]))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _require_allowed(body: dict[str, Any]) -> None:
    if body["action"] == "transform":
        require("transforms:run")
    if body["action"] == "set_visibility":
        require_to_show(body["visibility"])


def _asked(body: dict[str, Any]) -> Asked:
    is_transform = body["action"] == "transform"
    how = {name: value for name, value in body.items() if name not in ("ids", "dry_run")}
    return Asked(
        action=body["action"],
        tags=body.get("tags", ()),
        visibility=body.get("visibility", "private"),
        parsed=_parsed(body) if is_transform else None,
        save=body.get("save", False),
        strict=body.get("strict", False),
        use=idempotency.once("batch", owner_id=caller().user_id, sent=how) if is_transform else None,
    )


def _parsed(body: dict[str, Any]) -> Parsed:
    language: configuration.Language = current_app.extensions[configuration.EXTENSION]
    return read_json({name: body[name] for name in _LANGUAGE if name in body}, language.presets, limits=language.limits)
