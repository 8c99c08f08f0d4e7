"""/images/{id}/links and /links/{id}: share links, for who makes them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.exc import IntegrityError

from aizen.errors import Conflict
from aizen.gallery import link_examples, link_presenting, links
from aizen.gallery.links import Link
from aizen.gallery.schemas.links import LinkListArguments, LinkRequestSchema, LinkSchema, request_as_sent
from aizen.images.presenting import PREFIX as IMAGES
from aizen.web import adapters, idempotency, pagination
from aizen.web.answers import never_stored, nothing
from aizen.web.caller import caller, needs
from aizen.web.idempotency import IDEMPOTENCY_HEADER
from aizen.web.limits import limited
from aizen.web.parsing import Blueprint

LINKS = "/api/v1/links"
links_of_image = Blueprint("links_of_image", __name__, url_prefix=IMAGES, description="Links that show one image to whoever has them")
own_links = Blueprint("links", __name__, url_prefix=LINKS, description="Links that show one image to whoever has them")
# Whoever has the slug sees the picture.
links_of_image.after_request(never_stored)
own_links.after_request(never_stored)


@links_of_image.route("/<uuid:image_id>/links", methods=["POST"])
@needs("shares:write", verified_email=True)
@limited("link")
@links_of_image.doc(parameters=[IDEMPOTENCY_HEADER])
@links_of_image.arguments(LinkRequestSchema, example=link_examples.LINK_REQUEST)
@links_of_image.response(201, LinkSchema, example=link_examples.LINK)
@links_of_image.alt_response(404, schema=None, description="No such image of yours")
@links_of_image.alt_response(409, schema=None, description="The image has no picture, lies in the trash, or has too many links")
def make_link(wanted: dict[str, Any], image_id: uuid.UUID) -> Response:
    """Make a link that shows an image, whatever its visibility, to whoever has it: for a time, by a password, so many times.

    It goes on when the image is withdrawn from the gallery. In the trash the image is shown to nobody.
    """
    settings = adapters().settings
    sent = {**wanted, "image_id": image_id, "password": links.fingerprint(wanted["password"], settings)}
    use = idempotency.once("share_link", owner_id=caller().user_id, sent=sent)
    if (made := idempotency.made_before(use)) is not None:
        return _replayed(made)
    try:
        return _created(links.make(image_id, request_as_sent(wanted), owner_id=caller().user_id, use=use, settings=settings))
    except (IntegrityError, Conflict):
        # What another request with this key has made meanwhile is the reason, and the answer: its link may be the one that leaves no room.
        if (made := idempotency.made_before(use)) is None:
            raise
        return _replayed(made)


def _created(link: Link) -> Response:
    answer = jsonify(link_presenting.link(link, adapters().settings))
    answer.status_code = 201
    answer.headers["Location"] = f"{LINKS}/{link.id}"
    return answer


def _replayed(link_id: uuid.UUID) -> Response:
    answer = _created(links.show(link_id, owner_id=caller().user_id))
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


@links_of_image.route("/<uuid:image_id>/links", methods=["GET"])
@needs("shares:write")
@links_of_image.arguments(LinkListArguments, location="query")
@links_of_image.response(200, LinkSchema(many=True), example=[link_examples.LINK])
@links_of_image.alt_response(400, schema=None, description="The cursor is none, or belongs to another list")
@links_of_image.alt_response(404, schema=None, description="No such image of yours")
def list_links(arguments: dict[str, Any], image_id: uuid.UUID) -> Response:
    """List the links to an image, the newest first; those that have ended too, for a while."""
    after = pagination.read_cursor(arguments["cursor"], links.filters(image_id)) if "cursor" in arguments else None
    page = links.browse(image_id, owner_id=caller().user_id, after=after, limit=arguments["limit"])
    answer = jsonify([link_presenting.link(each, adapters().settings) for each in page.rows])
    answer.headers.update(pagination.next_link(request.path, page, {"limit": arguments["limit"]}))
    return answer


@own_links.route("/<uuid:link_id>", methods=["GET"])
@needs("shares:write")
@own_links.response(200, LinkSchema, example=link_examples.LINK)
@own_links.alt_response(404, schema=None, description="No such link of yours")
def get_link(link_id: uuid.UUID) -> Response:
    """Look at a link: how often it has been opened, and when it ends."""
    return jsonify(link_presenting.link(links.show(link_id, owner_id=caller().user_id), adapters().settings))


@own_links.route("/<uuid:link_id>", methods=["DELETE"])
@needs("shares:write")
@own_links.response(204)
@own_links.alt_response(404, schema=None, description="No such link of yours")
def revoke_link(link_id: uuid.UUID) -> Response:
    """Revoke a link: from now on it is as if it had never been, for those who have opened it too."""
    links.revoke(link_id, owner_id=caller().user_id)
    return nothing()
