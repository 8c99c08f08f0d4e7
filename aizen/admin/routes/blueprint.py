"""What the routes of administration have in common."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from aizen.admin.audit import Actor
from aizen.auth import sessions
from aizen.web import pagination
from aizen.web.answers import never_stored
from aizen.web.caller import caller
from aizen.web.limits import client_address
from aizen.web.parsing import Blueprint


def admin_blueprint(name: str, prefix: str, description: str) -> Blueprint:
    """A blueprint whose answers are never stored: they tell of other people."""
    blueprint = Blueprint(name, __name__, url_prefix=prefix, description=description)
    blueprint.after_request(never_stored)
    return blueprint


def actor() -> Actor:
    """The administrator who calls, as the audit log names them."""
    network = sessions.network_of(client_address())
    return Actor(caller().email, id=caller().user_id, network=network, key_id=caller().key_id)


def position(arguments: dict[str, Any], filters: dict[str, Any]) -> pagination.Position | None:
    """Where the page that is asked for begins. Raises Malformed for a cursor of another list."""
    return pagination.read_cursor(arguments["cursor"], filters) if "cursor" in arguments else None


def listed(bodies: list[Any], page: pagination.Page, filters: dict[str, Any], *, limit: int) -> Response:
    """The page as JSON, with the Link header that leads to the next."""
    answer = jsonify(bodies)
    answer.headers.update(pagination.next_link(request.path, page, {**filters, "limit": limit}))
    return answer
