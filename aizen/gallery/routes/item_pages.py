"""/explore/{id}: the page of an image that everybody may see, with what is shown of its address elsewhere."""

from __future__ import annotations

import uuid

from flask import Blueprint as PlainBlueprint
from flask import Response

from aizen.errors import NotFound
from aizen.gallery import browsing, item_page
from aizen.web import adapters, frontend
from aizen.web.caller import PUBLIC, needs

item_pages = PlainBlueprint("item_pages", __name__)


@item_pages.get(f"{item_page.PREFIX}<uuid:image_id>")
@needs(PUBLIC)
def public_item_page(image_id: uuid.UUID) -> Response:
    """The page, which for an image that nobody else may see is that of any address where nothing is."""
    try:
        exhibit = browsing.show(image_id)
    except NotFound:
        return frontend.page(status=404)
    answer = frontend.page(head=item_page.head(exhibit, adapters().settings))
    if exhibit.shown.image.visibility != "public":
        answer.headers["X-Robots-Tag"] = "noindex"
    return answer
