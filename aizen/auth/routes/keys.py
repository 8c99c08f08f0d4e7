"""/auth/keys: API keys, for programs."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify, request

from aizen.auth import keys
from aizen.auth.examples import KEY_EXAMPLE, KEY_REQUEST_EXAMPLE, NEW_KEY_EXAMPLE
from aizen.auth.routes.blueprint import account_blueprint
from aizen.auth.schemas import KeyRequestSchema, KeySchema, NewKeySchema, PageArguments
from aizen.web import adapters, pagination
from aizen.web.answers import nothing
from aizen.web.caller import caller, needs
from aizen.web.limits import limited
from aizen.web.openapi import ProblemSchema

api_keys = account_blueprint("keys", "/api/v1/auth/keys", "API keys, for programs")


@api_keys.route("", methods=["POST"])
@needs("account:write")
@limited("key")
@api_keys.arguments(KeyRequestSchema, example=KEY_REQUEST_EXAMPLE)
@api_keys.response(201, NewKeySchema, example=NEW_KEY_EXAMPLE)
@api_keys.alt_response(409, schema=ProblemSchema, description="You have as many keys as are allowed")
def make_key(wanted: dict[str, Any]) -> Response:
    """Make an API key. It is shown this one time, and a letter tells you of it."""
    made = keys.make(wanted["name"], wanted["scopes"], user_id=caller().user_id, expires_in=wanted["expires_in"], adapters=adapters())
    answer = jsonify(NewKeySchema().dump(made))
    answer.status_code = 201
    answer.headers["Location"] = f"{request.path}/{made.id}"
    return answer


@api_keys.route("", methods=["GET"])
@needs("account:read")
@api_keys.arguments(PageArguments, location="query")
@api_keys.response(200, KeySchema(many=True), example=[KEY_EXAMPLE])
@api_keys.alt_response(400, schema=None, description="The cursor is none, or belongs to another list")
def list_keys(arguments: dict[str, Any]) -> Response:
    """List your API keys, the newest first."""
    after = pagination.read_cursor(arguments["cursor"], keys.LIST) if "cursor" in arguments else None
    page = keys.browse(caller().user_id, after=after, limit=arguments["limit"])
    answer = jsonify(KeySchema(many=True).dump(page.rows))
    answer.headers.update(pagination.next_link(request.path, page, {"limit": arguments["limit"]}))
    return answer


@api_keys.route("/<uuid:key_id>", methods=["DELETE"])
@needs("account:write")
@api_keys.response(204)
@api_keys.alt_response(404, schema=None, description="No such key of yours")
def revoke_key(key_id: uuid.UUID) -> Response:
    """Revoke an API key: it opens nothing from now on."""
    keys.revoke(key_id, user_id=caller().user_id)
    return nothing()
