"""GET /capabilities: what this installation can do, for clients that would rather ask than guess."""

from __future__ import annotations

from flask import Response, current_app, jsonify, request

from aizen.capabilities import told
from aizen.capabilities.examples import CAPABILITIES
from aizen.capabilities.schemas import CapabilitiesSchema
from aizen.transformations.configuration import EXTENSION
from aizen.web import adapters
from aizen.web.caller import PUBLIC, needs
from aizen.web.parsing import Blueprint
from aizen.web.preconditions import body_etag

blueprint = Blueprint("capabilities", __name__, url_prefix="/api/v1/capabilities", description="See what this installation can do")


@blueprint.route("", methods=["GET"])
@needs(PUBLIC)
@blueprint.response(200, CapabilitiesSchema, example=CAPABILITIES)
@blueprint.alt_response(304, schema=None, description="Nothing has changed since the ETag of If-None-Match", success=True)
def get_capabilities() -> Response:
    """See limits, formats, operations, filters and presets."""
    body = told.capabilities(current_app.extensions[EXTENSION], adapters().settings)
    answer = jsonify(body)
    answer.set_etag(body_etag(body))
    # It changes with a restart only.
    answer.headers["Cache-Control"] = "public, max-age=60"
    answer.make_conditional(request)
    return answer
