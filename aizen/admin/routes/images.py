"""/admin/images: everybody's images, and what may not stay."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from flask import Response, jsonify

from aizen.admin import examples, images
from aizen.admin.routes.blueprint import actor, admin_blueprint, listed, position
from aizen.admin.schemas import ImageListArguments, ModeratedSchema, TakeDownSchema
from aizen.images.listing import Selection
from aizen.images.queries import read_query
from aizen.web import adapters
from aizen.web.answers import nothing
from aizen.web.caller import needs

blueprint = admin_blueprint("admin_images", "/api/v1/admin/images", "Look after everybody's images")


# What a list does with the images in the trash, by its argument ``trashed``: here they are images like all others.
_TRASH: dict[bool | None, Literal["included", "left_out", "only"]] = {None: "included", False: "left_out", True: "only"}


@blueprint.route("", methods=["GET"])
@needs("admin")
@blueprint.arguments(ImageListArguments, location="query")
@blueprint.response(200, ModeratedSchema(many=True), example=[examples.MODERATED])
@blueprint.alt_response(400, schema=None, description="The cursor is none, or belongs to other filters")
def admin_list_images(arguments: dict[str, Any]) -> Response:
    """List everybody's images, or search one owner's."""
    filters = {name: arguments.get(name) for name in ("owner", "search", "status", "visibility", "trashed")}
    selection = Selection(
        query=read_query(arguments["search"]) if arguments.get("search") else None,
        status=arguments.get("status"),
        visibility=arguments.get("visibility"),
        trash=_TRASH[arguments.get("trashed")],
    )
    found, page = images.browse(
        arguments.get("owner"), selection, after=position(arguments, filters), limit=arguments["limit"], filters=filters
    )
    return listed([each.as_json(adapters().settings) for each in found], page, filters, limit=arguments["limit"])


@blueprint.route("/<uuid:image_id>", methods=["GET"])
@needs("admin")
@blueprint.response(200, ModeratedSchema, example=examples.MODERATED)
@blueprint.alt_response(404, schema=None, description="No such image")
def admin_get_image(image_id: uuid.UUID) -> Response:
    """Look at an image of anybody."""
    return jsonify(images.show(image_id).as_json(adapters().settings))


@blueprint.route("/<uuid:image_id>/take-down", methods=["POST"])
@needs("admin")
@blueprint.arguments(TakeDownSchema, example=examples.TAKE_DOWN)
@blueprint.response(200, ModeratedSchema, example=examples.MODERATED)
@blueprint.alt_response(404, schema=None, description="No such image")
def admin_take_down_image(body: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Make an image private: listed nowhere, and without a public address. Its owner keeps it, with addresses that expire."""
    taken_down = images.take_down(image_id, reason=body["reason"], actor=actor(), adapters=adapters())
    return jsonify(taken_down.as_json(adapters().settings))


@blueprint.route("/<uuid:image_id>", methods=["DELETE"])
@needs("admin")
@blueprint.response(204)
@blueprint.alt_response(404, schema=None, description="No such image")
def admin_delete_image(image_id: uuid.UUID) -> Response:
    """Delete an image of anybody and every file made of it, for good."""
    images.delete(image_id, actor=actor(), adapters=adapters())
    return nothing()
