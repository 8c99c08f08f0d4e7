"""Images listed, searched, looked at, changed, thrown away, brought back and deleted."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from flask import Response, jsonify, request

from aizen.errors import NotFound
from aizen.images import examples, library, listing, presenting, similar, trash
from aizen.images.queries import read_query
from aizen.images.routes.blueprint import all_spelled, answer_with, images, require_shown
from aizen.images.schemas import (
    EditSchema,
    FoundSchema,
    ImageSchema,
    ListArguments,
    OldListArguments,
    SimilarArguments,
    SimilarSchema,
)
from aizen.web import adapters, pagination
from aizen.web.answers import nothing
from aizen.web.caller import caller, needs, require_to_show
from aizen.web.legacy_routes import by_old_address
from aizen.web.preconditions import if_match_header, versions_asked_for

IF_MATCH_HEADER = if_match_header("the image")


@images.route("", methods=["GET"])
@needs("images:read")
@images.arguments(ListArguments, at_old_addresses=OldListArguments, location="query")
@images.response(200, FoundSchema(many=True), example=[examples.FOUND])
@images.alt_response(400, schema=None, description="The cursor is none, or belongs to other filters")
def list_images(arguments: dict[str, Any]) -> Response:
    """List your images, or search them."""
    settings = adapters().settings
    selection = _selection(arguments)
    filters = {name: arguments.get(name) for name in ("sort", "search", "tag", "status", "visibility", "source", "trashed")}
    after = pagination.read_cursor(arguments["cursor"], filters) if "cursor" in arguments else None
    owner_id = caller().user_id
    found, page = listing.browse(
        owner_id,
        selection,
        newest_first=arguments["sort"].startswith("-"),
        after=after,
        limit=arguments["limit"],
        filters=filters,
        skip=_skipped(arguments),
    )
    if _skipped(arguments) and not found:
        raise NotFound("Invalid page.", code="invalid_page")
    answer = jsonify(all_spelled(presenting.images(found, caller(), settings)))
    answer.headers["Cache-Control"] = "private, no-cache"
    told = {**filters, "limit": arguments["limit"], "include": arguments.get("include")}
    answer.headers.update(pagination.next_link(presenting.PREFIX, page, told))
    if "include" in arguments:
        answer.headers["X-Total-Count"] = str(listing.count(owner_id, selection))
    return answer


# What a list does with the images in the trash, by its argument ``trashed``.
_TRASH: dict[bool | None, Literal["asked", "left_out", "only"]] = {None: "asked", False: "left_out", True: "only"}


def _selection(arguments: dict[str, Any]) -> listing.Selection:
    return listing.Selection(
        query=read_query(arguments["search"]) if arguments.get("search") else None,
        tags=tuple(arguments.get("tag", ())),
        status=arguments.get("status"),
        visibility=arguments.get("visibility"),
        source=arguments.get("source"),
        trash="left_out" if by_old_address() else _TRASH[arguments.get("trashed")],
    )


def _skipped(arguments: dict[str, Any]) -> int:
    """How many images stand before the page that an old client asks for by its number."""
    return int((arguments.get("page", 1) - 1) * arguments["limit"])


@images.route("/<uuid:image_id>", methods=["GET"])
@needs("images:read")
@images.response(200, ImageSchema, example=examples.IMAGE)
@images.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
@images.alt_response(404, schema=None, description="No such image of yours")
def get_image(image_id: uuid.UUID) -> Response:
    """Look at an image."""
    shown = library.show(image_id, owner_id=caller().user_id)
    require_shown(shown.image)
    answer = answer_with(shown)
    answer.make_conditional(request)
    return answer


@images.route("/<uuid:image_id>", methods=["PATCH"])
@needs("images:write")
@images.doc(parameters=[IF_MATCH_HEADER])
@images.arguments(EditSchema, example={"title": "Picos de Europa", "alt_status": "approved", "tags": ["mountains", "2026"]})
@images.response(200, ImageSchema, example=examples.IMAGE)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(409, schema=None, description="It lies in the trash, and is to be seen by others or to look otherwise")
@images.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def edit_image(words: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Change what is said of an image; approve or edit its suggested alt text."""
    require_to_show(words.get("visibility"))
    shown = library.edit(image_id, words, owner_id=caller().user_id, if_versions=versions_asked_for(), adapters=adapters())
    return answer_with(shown, warnings=presenting.warnings(shown.image) if "visibility" in words else ())


@images.route("/<uuid:image_id>", methods=["DELETE"])
@needs("images:write")
@images.doc(parameters=[IF_MATCH_HEADER])
@images.response(204)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def delete_image(image_id: uuid.UUID) -> Response:
    """Delete an image and every file made of it, for good, wherever it lies."""
    library.remove(image_id, owner_id=caller().user_id, if_versions=versions_asked_for(), adapters=adapters())
    return nothing()


@images.route("/<uuid:image_id>/trash", methods=["POST"])
@needs("images:write")
@images.doc(parameters=[IF_MATCH_HEADER])
@images.response(200, ImageSchema, example=examples.TRASHED)
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def trash_image(image_id: uuid.UUID) -> Response:
    """Put an image into the trash: nobody else sees it, and after a while it is deleted, unless it is restored."""
    return answer_with(trash.trash(image_id, owner_id=caller().user_id, if_versions=versions_asked_for(), adapters=adapters()))


@images.route("/<uuid:image_id>/restore", methods=["POST"])
@needs("images:write")
@images.doc(parameters=[IF_MATCH_HEADER])
@images.response(200, ImageSchema, example=examples.IMAGE)
@images.alt_response(403, schema=None, description="Others would see it again, and you may not let them")
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(412, schema=None, description="The image has changed since the ETag of If-Match")
def restore_image(image_id: uuid.UUID) -> Response:
    """Take an image out of the trash: it is what it was, and seen by whom it was seen. For what others see it needs what sharing needs."""
    shown = trash.restore(
        image_id, owner_id=caller().user_id, if_versions=versions_asked_for(), require=require_to_show, adapters=adapters()
    )
    return answer_with(shown, warnings=presenting.warnings(shown.image))


@images.route("/<uuid:image_id>/similar", methods=["GET"])
@needs("images:read")
@images.arguments(SimilarArguments, location="query")
@images.response(200, SimilarSchema(many=True), example=[examples.SIMILAR])
@images.alt_response(404, schema=None, description="No such image of yours")
@images.alt_response(409, schema=None, description="The image has no fingerprints: its variants are still to be made, or could not be")
def list_similar_images(arguments: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Find your images that look like this one, the nearest first."""
    found = similar.find(image_id, owner_id=caller().user_id, **arguments)
    answer = jsonify(presenting.similar(found, caller(), adapters().settings))
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
