"""/auth/sessions: where one is signed in, and the end of it."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import Response, jsonify, request

from aizen.auth import cookie_mode, sessions
from aizen.auth.cookie_mode import SESSION_HEADER, SET_COOKIE
from aizen.auth.examples import SESSION_EXAMPLE
from aizen.auth.routes.blueprint import account_blueprint
from aizen.auth.schemas import NothingSchema, PageArguments, SessionSchema
from aizen.database import transaction
from aizen.web import pagination
from aizen.web.answers import nothing
from aizen.web.caller import caller, needs

signed_in = account_blueprint("sessions", "/api/v1/auth", "Where one is signed in")


@signed_in.route("/sessions", methods=["GET"])
@needs("account:read")
@signed_in.arguments(PageArguments, location="query")
@signed_in.response(200, SessionSchema(many=True), example=[SESSION_EXAMPLE])
@signed_in.alt_response(400, schema=None, description="The cursor is none, or belongs to another list")
def list_sessions(arguments: dict[str, Any]) -> Response:
    """List the places where you are signed in, the one that was used last first."""
    after = pagination.read_cursor(arguments["cursor"], sessions.LIST) if "cursor" in arguments else None
    page = sessions.browse(caller().user_id, after=after, limit=arguments["limit"])
    shown = [{**asdict(each), "is_current": each.id == caller().session_id} for each in page.rows]
    answer = jsonify(SessionSchema(many=True).dump(shown))
    answer.headers.update(pagination.next_link(request.path, page, {"limit": arguments["limit"]}))
    return answer


@signed_in.route("/sessions/<uuid:session_id>", methods=["DELETE"])
@needs("account:write")
@signed_in.doc(parameters=[SESSION_HEADER])
@signed_in.response(204, headers=SET_COOKIE)
@signed_in.alt_response(404, schema=None, description="No such session of yours")
def end_session(session_id: uuid.UUID) -> Response:
    """Sign out in one place: its refresh and access tokens are dead at once."""
    in_cookie_mode = cookie_mode.is_asked_for()
    sessions.end_one(session_id, user_id=caller().user_id)
    if in_cookie_mode and session_id == caller().session_id:
        cookie_mode.clear_cookie()
    return nothing()


@signed_in.route("/logout-all", methods=["POST"])
@needs("account:write")
@signed_in.doc(parameters=[SESSION_HEADER])
@signed_in.response(200, NothingSchema, example={}, headers=SET_COOKIE)
def log_out_everywhere() -> dict[str, Any]:
    """Sign out everywhere, here too. API keys go on."""
    cookie_mode.clear_cookie()
    with transaction():
        sessions.end_all(caller().user_id)
    return {}
