"""/images/public: the gallery, which needs nobody to be signed in."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify, request

from aizen.errors import NotFound
from aizen.gallery import browsing, examples, presenting
from aizen.gallery.schemas.public import GalleryArguments, OldGalleryArguments, PublicImageSchema
from aizen.images.presenting import in_old_spelling
from aizen.images.queries import read_query
from aizen.web import adapters, addresses, limits, pagination, remembered
from aizen.web.caller import PUBLIC, needs
from aizen.web.legacy_routes import by_old_address
from aizen.web.pagination import LARGEST_PAGE
from aizen.web.parsing import Blueprint

gallery = Blueprint("gallery", __name__, url_prefix=presenting.PREFIX, description="See what others have published")


@gallery.route("", methods=["GET"])
@needs(PUBLIC)
@limits.limited("gallery")
@gallery.arguments(GalleryArguments, at_old_addresses=OldGalleryArguments, location="query")
@gallery.response(200, PublicImageSchema(many=True), example=[examples.PUBLIC_IMAGE])
@gallery.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
@gallery.alt_response(400, schema=None, description="The cursor is none, or belongs to another list")
def list_public_images(arguments: dict[str, Any]) -> Response:
    """List the public images of everybody, or search them."""
    if arguments["limit"] > LARGEST_PAGE:
        # A page of an old client is as much work as many of ours, for which anybody may ask.
        limits.admit(limits.count("gallery", limits.client(), cost=arguments["limit"] // LARGEST_PAGE))
    query = read_query(arguments["search"]) if arguments.get("search") else None
    # A list of one's own with the same arguments is another list.
    filters = {"list": "gallery", "sort": arguments["sort"], "search": arguments.get("search")}
    after = pagination.read_cursor(arguments["cursor"], filters) if "cursor" in arguments else None
    skip = (arguments.get("page", 1) - 1) * arguments["limit"]
    found, page = browsing.browse(
        query, newest_first=arguments["sort"].startswith("-"), after=after, limit=arguments["limit"], filters=filters, skip=skip
    )
    if skip and not found:
        raise NotFound("Invalid page.", code="invalid_page")
    bodies = presenting.images(found, adapters().settings)
    answer = jsonify([in_old_spelling(body) for body in bodies] if by_old_address() else bodies)
    told = {"sort": arguments["sort"], "search": arguments.get("search"), "limit": arguments["limit"]}
    answer.headers.update(pagination.next_link(presenting.PREFIX, page, told))
    return _for_everybody(answer)


@gallery.route("/<uuid:image_id>", methods=["GET"])
@needs(PUBLIC)
@gallery.response(200, PublicImageSchema, example=examples.PUBLIC_IMAGE)
@gallery.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
@gallery.alt_response(404, schema=None, description="No such image that is public or unlisted")
def get_public_image(image_id: uuid.UUID) -> Response:
    """Look at an image that its owner has published, or given you the address of."""
    return _for_everybody(jsonify(presenting.image(browsing.show(image_id), adapters().settings)))


def _for_everybody(answer: Response) -> Response:
    """The answer may be kept by any cache for a while, but for no longer than the addresses in it live."""
    settings = adapters().settings
    answer.headers["Cache-Control"] = remembered.cache_control(is_public=True, expires=addresses.expiry(settings), settings=settings)
    # A cache would tell everybody what is left of the first one's limit.
    limits.keep_to_oneself()
    answer.add_etag()
    answer.make_conditional(request)
    return answer
