"""/admin/users: who has an account, and what they may."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify

from aizen.admin import examples, users
from aizen.admin.routes.blueprint import actor, admin_blueprint, listed, position
from aizen.admin.schemas import AdminUserSchema, EndedSchema, KnownUserSchema, UserEditSchema, UserListArguments
from aizen.web.caller import needs

blueprint = admin_blueprint("admin_users", "/api/v1/admin/users", "Look after users")


@blueprint.route("", methods=["GET"])
@needs("admin")
@blueprint.arguments(UserListArguments, location="query")
@blueprint.response(200, AdminUserSchema(many=True), example=[examples.USER])
@blueprint.alt_response(400, schema=None, description="The cursor is none, or belongs to other filters")
def admin_list_users(arguments: dict[str, Any]) -> Response:
    """List users, or search them."""
    filters = {name: arguments.get(name) for name in ("search", "role", "state")}
    selection = users.Selection(**filters)
    found, page = users.browse(selection, after=position(arguments, filters), limit=arguments["limit"], filters=filters)
    told = {**filters, "include": arguments.get("include")}
    answer = listed(AdminUserSchema(many=True).dump(found), page, told, limit=arguments["limit"])
    if "include" in arguments:
        answer.headers["X-Total-Count"] = str(users.count(selection))
    return answer


@blueprint.route("/<uuid:user_id>", methods=["GET"])
@needs("admin")
@blueprint.response(200, KnownUserSchema, example=examples.KNOWN_USER)
@blueprint.alt_response(404, schema=None, description="No such user")
def admin_get_user(user_id: uuid.UUID) -> Response:
    """Look at a user, and what hangs on the account."""
    return _known(users.show(user_id))


@blueprint.route("/<uuid:user_id>", methods=["PATCH"])
@needs("admin")
@blueprint.arguments(UserEditSchema, example=examples.USER_EDIT)
@blueprint.response(200, KnownUserSchema, example=examples.KNOWN_USER)
@blueprint.alt_response(404, schema=None, description="No such user")
@blueprint.alt_response(409, schema=None, description="No administrator who can sign in would be left")
def admin_edit_user(asked: dict[str, Any], user_id: uuid.UUID) -> Response:
    """Give or take the role, disable or enable, verify, set the quota."""
    return _known(users.change(user_id, asked, actor=actor()))


@blueprint.route("/<uuid:user_id>/end-sessions", methods=["POST"])
@needs("admin")
@blueprint.response(200, EndedSchema, example=examples.ENDED)
@blueprint.alt_response(404, schema=None, description="No such user")
def admin_end_sessions(user_id: uuid.UUID) -> dict[str, int]:
    """Sign a user out everywhere."""
    return {"sessions_ended": users.end_sessions(user_id, actor=actor())}


def _known(known: users.Known) -> Response:
    counts = {"images": known.images, "sessions": known.sessions, "keys": known.keys, "failed_work": known.failed_work}
    return jsonify({**AdminUserSchema().dump(known.user), "counts": counts})
